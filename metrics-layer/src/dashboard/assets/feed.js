// Brings snapshots into the store: from the live stream, or once a second from api/metrics while there is none. A
// stream that ends is tried again with exponential back-off. Where api/metrics is not mounted, another document is brought
// instead.

import { ask, bring, learn } from "./api.js";
import { ORIGINS, PULSE } from "./origins.js";
import { place } from "./places.js";
import { apply, meter } from "./rendering.js";
import { update } from "./store.js";
import { protocols, refuse } from "./token.js";

/** @typedef {import("./store.js").Connection} Connection */

/** @typedef {{ connection: Connection, streams: boolean }} Look */

const POLL_MS = 1000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30000;

/** A connection that brings no frame for so long is given up, and not before three times the time between the last two. */
const SILENT_MS = 10000;

/** The longest time between two frames that a service can be told to leave. */
const LONGEST_PERIOD_MS = 100000;

/** Ends the present wait, if there is one. */
export let wake = () => {};

/** @param {number} ms */
const sleep = (ms) =>
  new Promise((resolve) => {
    wake = () => resolve(undefined);
    setTimeout(resolve, ms);
  });

/** Whether the server answered with data when it was asked last. */
let answers = false;
export const isAnswering = () => answers;

/**
 * @param {Connection} connection
 * @param {number} [retryAt]
 */
function tell(connection, retryAt = 0) {
  answers = connection === "live" || connection === "polling";
  update({ connection, retryAt });
}

/** Runs for as long as the page does. */
export async function start() {
  for (let failures = 0; ; failures++) {
    const { connection, streams } = await look();
    const wasLive = streams && (await stream());
    if (wasLive) failures = 0;
    let wait = pauseAfter(failures);
    let state = wasLive ? "reconnecting" : connection;
    if (state === "polling") {
      tell(state);
      const came = await pollFor(wait);
      if (came === "all") continue;
      state = "reconnecting";
      // What answered until now may be there again at once; what never did waits longer each time.
      if (came === "some") wait = pauseAfter((failures = 0));
    }
    tell(state, state === "reconnecting" ? Date.now() + wait : 0);
    await sleep(wait);
  }
}

/**
 * How long to wait after so many failures, in ms. Jitter keeps many pages from coming back at the same moment.
 * @param {number} failures
 */
function pauseAfter(failures) {
  return Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS) * (0.75 + Math.random() / 2);
}

/**
 * Asks how the server is, as a stream that is refused does not say why.
 * @returns {Promise<Look>}
 */
async function look() {
  if (!PULSE) return without("disabled");
  const data = /** @type {URL} */ (place(ORIGINS[PULSE].family, ORIGINS[PULSE].path));
  const health = place("api", "api/health/performance");
  try {
    return await (health ? lookAtHealth(health, data) : lookAtData(data));
  } catch {
    return without("reconnecting");
  }
}

/**
 * @param {URL} health
 * @param {URL} data
 * @returns {Promise<Look>}
 */
async function lookAtHealth(health, data) {
  const response = await ask(health);
  const refused = refusal(response);
  if (refused) return refused;
  if (!response.ok) return without("reconnecting");
  const { metrics_enabled: isOn, broadcaster_running: streams } = await response.json();
  // Health is usually shown to everyone, so that it is the data that says whether a token is needed.
  const locked = refusal(await ask(data, "HEAD"));
  if (locked) return locked;
  await learn();
  return { connection: isOn ? "polling" : "disabled", streams: isOn && streams };
}

/**
 * Where there is no health, what is asked for data says how the server is.
 * @param {URL} data
 * @returns {Promise<Look>}
 */
async function lookAtData(data) {
  const response = await ask(data, "HEAD");
  const refused = refusal(response);
  if (refused) return refused;
  // A server that is only busy says when to come again.
  if (response.status === 503 && !response.headers.has("retry-after")) return without("disabled");
  return without(response.ok ? "polling" : "reconnecting");
}

/**
 * @param {Connection} connection
 * @returns {Look}
 */
const without = (connection) => ({ connection, streams: false });

/**
 * What the page says when it may not look.
 * @param {Response} response
 * @returns {Look | null}
 */
function refusal(response) {
  if (response.status === 401) {
    refuse();
    return without("unauthorised");
  }
  return response.status === 403 ? without("refused") : null;
}

/**
 * Reads the live stream to its end, or until nothing comes any more. Resolves to whether it ever was live.
 * @returns {Promise<boolean>}
 */
function stream() {
  const url = /** @type {URL} */ (place("api", "ws/system_metrics"));
  url.protocol = url.protocol.replace("http", "ws");
  return new Promise((resolve) => {
    let live = false;
    let [last, patience] = [performance.now(), SILENT_MS];
    const socket = new WebSocket(url, protocols());
    const end = () => {
      clearInterval(watch);
      socket.onmessage = socket.onclose = null;
      // It may never be answered.
      socket.close();
      resolve(live);
    };
    const watch = setInterval(() => {
      if (performance.now() - last > patience) end();
    }, POLL_MS);
    socket.onmessage = (message) => {
      const now = performance.now();
      patience = Math.max(SILENT_MS, 3 * (live ? now - last : LONGEST_PERIOD_MS));
      last = now;
      if (!live) tell("live");
      live = true;
      apply({ snapshot: meter.sockets.read("system_metrics", message.data, JSON.parse) });
    };
    socket.onclose = end;
  });
}

/**
 * Brings the document every second for a while, or until the server gives none.
 * @param {number} ms
 * @returns {Promise<"all" | "some" | "none">} of the documents that were asked for, those that came
 */
async function pollFor(ms) {
  if (!PULSE) return "none";
  const { family, path } = ORIGINS[PULSE];
  const end = performance.now() + ms;
  for (let count = 0; performance.now() < end; count++) {
    const document = await bring(family, path);
    if (!document) return count ? "some" : "none";
    apply({ [PULSE]: document });
    await sleep(POLL_MS);
  }
  return "all";
}
