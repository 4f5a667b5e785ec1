// The token of a service that asks for one. It is kept for this tab, and never in an address.

import { keep, kept } from "./kept.js";

const KEY = "metrics-token";

// Others than these characters are in no token, and neither a header nor a subprotocol may have all of them: a browser
// would refuse to send anything, and the page would never be asked for a better one.
const POSSIBLE = /^[\w.~+-]+$/;

/** Empty when there is none that could be right. */
function read() {
  const token = kept("sessionStorage", KEY);
  return POSSIBLE.test(token) ? token : "";
}

/** Whether the service has refused what is kept. */
let isRefused = false;

/** @param {string} token */
export function remember(token) {
  keep("sessionStorage", KEY, token);
  isRefused = false;
}

/** The service wants a token, and this one it is not, if there is any. */
export function refuse() {
  isRefused = kept("sessionStorage", KEY) !== "";
}

/** Whether a token was given that is not the service's. */
export const wasRefused = () => isRefused;

/**
 * What a request for data carries.
 * @returns {Record<string, string>}
 */
export function headers() {
  const token = read();
  return token ? { authorization: `Bearer ${token}` } : {};
}

/** What a WebSocket carries, which can have no other header. */
export function protocols() {
  const token = read();
  return token ? ["metrics", `bearer.${token}`] : [];
}
