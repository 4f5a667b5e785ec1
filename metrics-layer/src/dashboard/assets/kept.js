// What the browser keeps for this page: for this tab, or for the next visit. One that is set to keep nothing of sites throws
// at each attempt; it is kept here then, for as long as the page is open.

/** @typedef {"localStorage" | "sessionStorage"} Storage */

/** @type {Map<string, string>} */
const here = new Map();

/**
 * Empty when nothing was kept.
 * @param {Storage} storage
 * @param {string} key
 */
export function kept(storage, key) {
  try {
    return window[storage].getItem(key) ?? "";
  } catch {
    return here.get(key) ?? "";
  }
}

/**
 * @param {Storage} storage
 * @param {string} key
 * @param {string} value
 */
export function keep(storage, key, value) {
  try {
    window[storage].setItem(key, value);
  } catch {
    here.set(key, value);
  }
}
