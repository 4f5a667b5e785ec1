// What the reader chose, kept in the fragment of the address: it can be shared, and is sent to no server.

import { Signal } from "./signal.js";

/** @type {Map<string, Signal<string>>} */
const choices = new Map();

const read = () => new URLSearchParams(location.hash.slice(1));

/**
 * A choice by its name; empty is what nobody chose.
 * @param {string} name
 * @returns {Signal<string>}
 */
export function choice(name) {
  let signal = choices.get(name);
  if (!signal) {
    choices.set(name, (signal = new Signal(read().get(name) ?? "")));
    signal.subscribe((value) => write(name, value));
  }
  return signal;
}

/**
 * @param {string} name
 * @param {string} value
 */
function write(name, value) {
  const all = read();
  if ((all.get(name) ?? "") === value) return;
  if (value === "") all.delete(name);
  else all.set(name, value);
  const text = all.toString();
  history.replaceState(null, "", text === "" ? location.pathname + location.search : `#${text}`);
}

addEventListener("hashchange", () => {
  const all = read();
  for (const [name, signal] of choices) signal.set(all.get(name) ?? "");
});
