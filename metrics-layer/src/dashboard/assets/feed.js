// Brings snapshots into the store: from the live stream, or once a second from /api/metrics while there is
// none. A stream that ends is tried again with exponential back-off.

import { update } from "./store.js";
import { headers, protocols } from "./token.js";

const POLL_MS = 1000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30000;

// The server says where `api/` and `ws/` are, relative to the page.
const api = new URL(document.documentElement.dataset.api ?? "../", location.href);
const place = (path) => new URL(path, api);
/** Ends the present wait, if there is one. */
export let wake = () => {};

const sleep = (ms) =>
  new Promise((resolve) => {
    wake = () => resolve();
    setTimeout(resolve, ms);
  });

/** Whether the server answered with data when it was asked last. */
let answers = false;

function tell(connection) {
  answers = connection === "live" || connection === "polling";
  update({ connection });
}

/** Runs for as long as the page does. */
export async function start() {
  for (let failures = 0; ; failures++) {
    const { connection, streams } = await look();
    const wasLive = streams && (await stream());
    if (wasLive) failures = 0;
    tell(wasLive ? "reconnecting" : connection);
    // Jitter keeps many pages from coming back at the same moment.
    const wait = Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS) * (0.75 + Math.random() / 2);
    await (answers ? pollFor(wait) : sleep(wait));
  }
}

/**
 * Asks how the server is, as a stream that is refused does not say why.
 * @returns {Promise<{ connection: import("./store.js").Connection, streams: boolean }>}
 */
async function look() {
  try {
    const response = await ask("api/health/performance");
    const refused = refusal(response);
    if (refused) return refused;
    if (!response.ok) return { connection: "reconnecting", streams: false };
    const health = await response.json();
    // Health is usually shown to everyone, so that it is the data that says whether a token is needed.
    const locked = refusal(await ask("api/metrics", "HEAD"));
    if (locked) return locked;
    const connection = health.metrics_enabled ? "polling" : "disabled";
    return { connection, streams: health.metrics_enabled && health.broadcaster_running };
  } catch {
    return { connection: "reconnecting", streams: false };
  }
}

const ask = (path, method = "GET") => fetch(place(path), { method, headers: headers() });

/** What the page says when it may not look. */
function refusal(response) {
  if (response.status === 401) return { connection: "locked", streams: false };
  return response.status === 403 ? { connection: "refused", streams: false } : null;
}

/** Reads the live stream to its end. Resolves to whether it ever was live. */
function stream() {
  const url = place("ws/system_metrics");
  url.protocol = url.protocol.replace("http", "ws");
  return new Promise((resolve) => {
    let live = false;
    const socket = new WebSocket(url, protocols());
    socket.onmessage = (message) => {
      if (!live) tell("live");
      live = true;
      update({ snapshot: JSON.parse(message.data) });
    };
    socket.onclose = () => resolve(live);
  });
}

/** Brings a snapshot every second for a while, or until the server gives none. */
async function pollFor(ms) {
  const end = Date.now() + ms;
  do {
    const snapshot = await bring("api/metrics");
    if (!snapshot) return tell("reconnecting");
    update({ snapshot });
    await sleep(POLL_MS);
  } while (Date.now() < end);
}

/** The JSON at a path; null when there is none. */
async function bring(path) {
  try {
    const response = await ask(path);
    return response.ok ? await response.json() : null;
  } catch {
    return null;
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
  }).observe(element);
  setInterval(async () => {
    if (!answers || !seen || document.visibilityState !== "visible") return;
    const body = await bring("api/metrics/functions");
    if (body) update({ functions: body.functions });
  }, POLL_MS);
}
