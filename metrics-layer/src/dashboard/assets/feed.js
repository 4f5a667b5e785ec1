// Brings snapshots into the store: from the live stream, or once a second from api/metrics while there is none. A
// stream that ends is tried again with exponential back-off.

import { ask, bring, learn, place } from "./api.js";
import { apply, meter } from "./rendering.js";
import { update } from "./store.js";
import { protocols } from "./token.js";

/** @typedef {import("./store.js").Connection} Connection */

const POLL_MS = 1000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30000;

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
    // Jitter keeps many pages from coming back at the same moment.
    const wait = Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS) * (0.75 + Math.random() / 2);
    const state = wasLive ? "reconnecting" : connection;
    tell(state, state === "reconnecting" ? Date.now() + wait : 0);
    await (answers ? pollFor(wait) : sleep(wait));
  }
}

/**
 * Asks how the server is, as a stream that is refused does not say why.
 * @returns {Promise<{ connection: Connection, streams: boolean }>}
 */
async function look() {
  try {
    const [health, data] = [place("api", "api/health/performance"), place("api", "api/metrics")];
    if (!health || !data) return { connection: "disabled", streams: false };
    const response = await ask(health);
    const refused = refusal(response);
    if (refused) return refused;
    if (!response.ok) return { connection: "reconnecting", streams: false };
    const { metrics_enabled: isOn, broadcaster_running: streams } = await response.json();
    // Health is usually shown to everyone, so that it is the data that says whether a token is needed.
    const locked = refusal(await ask(data, "HEAD"));
    if (locked) return locked;
    await learn();
    return { connection: isOn ? "polling" : "disabled", streams: isOn && streams };
  } catch {
    return { connection: "reconnecting", streams: false };
  }
}

/**
 * What the page says when it may not look.
 * @param {Response} response
 * @returns {{ connection: Connection, streams: boolean } | null}
 */
function refusal(response) {
  if (response.status === 401) return { connection: "unauthorised", streams: false };
  return response.status === 403 ? { connection: "refused", streams: false } : null;
}

/**
 * Reads the live stream to its end. Resolves to whether it ever was live.
 * @returns {Promise<boolean>}
 */
function stream() {
  const url = /** @type {URL} */ (place("api", "ws/system_metrics"));
  url.protocol = url.protocol.replace("http", "ws");
  return new Promise((resolve) => {
    let live = false;
    const socket = new WebSocket(url, protocols());
    socket.onmessage = (message) => {
      if (!live) tell("live");
      live = true;
      apply(meter.sockets.read("system_metrics", message.data, JSON.parse));
    };
    socket.onclose = () => resolve(live);
  });
}

/**
 * Brings a snapshot every second for a while, or until the server gives none.
 * @param {number} ms
 */
async function pollFor(ms) {
  const end = Date.now() + ms;
  do {
    const snapshot = await bring("api", "api/metrics");
    if (!snapshot) return tell("reconnecting");
    apply(snapshot);
    await sleep(POLL_MS);
  } while (Date.now() < end);
}
