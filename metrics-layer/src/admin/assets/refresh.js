// Takes the page's main part anew from the server, which has the numbers.

const PERIOD_MS = 2000;

/** Both are in every page. @param {string} selector */
const part = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));

/** A reader who selects text, or scrolls a table by keyboard, is not disturbed. */
function isInUse() {
  return getSelection()?.isCollapsed === false || part("main").contains(document.activeElement);
}

/** @param {boolean} stale whether what is shown is not what is */
function setStale(stale) {
  part(".stale").hidden = !stale;
}

function refresh() {
  if (document.hidden || isInUse()) return;
  const request = new XMLHttpRequest();
  request.open("GET", location.href);
  // A parsed document, in which no script ever runs.
  request.responseType = "document";
  request.timeout = 5 * PERIOD_MS;
  request.onloadend = () => {
    const main = request.status === 200 && request.response?.querySelector("main");
    if (main) part("main").replaceWith(document.adoptNode(main));
    setStale(!main);
  };
  request.send();
}

setInterval(refresh, PERIOD_MS);
