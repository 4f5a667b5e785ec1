// Brings snapshots into the store: from the live stream, or once a second from /api/metrics while there is
// none. A stream that ends is tried again with exponential back-off.

import { update } from "./store.js";

const POLL_MS = 1000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30000;

const place = (path) => new URL(`../${path}`, location.href);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs for as long as the page does. */
export async function start() {
  for (let failures = 0; ; failures++) {
    if (await stream()) failures = 0;
    // Jitter keeps many pages from coming back at the same moment.
    const wait = Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS) * (0.75 + Math.random() / 2);
    await pollFor(wait);
  }
}

/** Reads the live stream to its end. Resolves to whether it ever was live. */
function stream() {
  const url = place("ws/system_metrics");
  url.protocol = url.protocol.replace("http", "ws");
  return new Promise((resolve) => {
    let live = false;
    const socket = new WebSocket(url);
    socket.onmessage = (message) => {
      live = true;
      update({ connection: "live", snapshot: JSON.parse(message.data) });
    };
    socket.onclose = () => resolve(live);
  });
}

/** Polls for a while, unless the server does not answer: then it only waits. */
async function pollFor(ms) {
  const end = Date.now() + ms;
  do {
    const connection = await poll();
    update({ connection });
    await sleep(connection === "polling" ? POLL_MS : Math.max(end - Date.now(), POLL_MS));
  } while (Date.now() < end);
}

/** @returns {Promise<import("./store.js").Connection>} */
async function poll() {
  try {
    const response = await fetch(place("api/metrics"));
    if (response.status === 403) return "refused";
    if (response.status === 503) return "disabled";
    if (!response.ok) return "reconnecting";
    update({ snapshot: await response.json() });
    return "polling";
  } catch {
    return "reconnecting";
  }
}

/**
 * Brings the timed functions once a second while the page and this element can be seen.
 * @param {Element} element
 */
export function pollFunctions(element) {
  let seen = false;
  new IntersectionObserver((entries) => {
    seen = entries[entries.length - 1].isIntersecting;
    if (seen) bringFunctions();
  }).observe(element);
  setInterval(() => {
    if (seen && document.visibilityState === "visible") bringFunctions();
  }, POLL_MS);
}

async function bringFunctions() {
  try {
    const response = await fetch(place("api/metrics/functions"));
    if (response.ok) update({ functions: (await response.json()).functions });
  } catch {
    // The connection's state says it already.
  }
}
