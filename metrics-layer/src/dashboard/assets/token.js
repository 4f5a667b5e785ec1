// The token of a service that asks for one. It is kept for this tab, and never in an address.

const KEY = "metrics-token";

const read = () => sessionStorage.getItem(KEY);

/** @param {string} token */
export function remember(token) {
  sessionStorage.setItem(KEY, token);
}

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
  // Others than these characters are in no token, and a subprotocol may not have them.
  return token && /^[\w.~+-]+$/.test(token) ? ["metrics", `bearer.${token}`] : [];
}
