// The page's state. One way in, `update`; panels subscribe and read.

/**
 * @typedef {"connecting" | "live" | "polling" | "reconnecting" | "disabled" | "refused" | "locked"} Connection
 * @typedef {{
 *   connection: Connection,
 *   snapshot: any | null,
 *   functions: any[] | null,
 * }} State `snapshot` is the body of GET /api/metrics, `functions` that of /api/metrics/functions.
 */

/** @type {State} */
let state = { connection: "connecting", snapshot: null, functions: null };

/** @type {Set<(state: State) => void>} */
const readers = new Set();

/**
 * Replaces what the change names and tells every reader.
 * @param {Partial<State>} change
 */
export function update(change) {
  state = { ...state, ...change };
  for (const read of readers) read(state);
}

/**
 * Calls `read` now and after every update, until the function that is returned is called.
 * @param {(state: State) => void} read
 */
export function subscribe(read) {
  readers.add(read);
  read(state);
  return () => void readers.delete(read);
}
