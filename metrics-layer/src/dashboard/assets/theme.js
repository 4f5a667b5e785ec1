// Dark, light, or as the system says: chosen in the address, and remembered for the next visit.

import { choice } from "./address.js";
import { keep, kept } from "./kept.js";

const KEY = "metrics-theme";
const ORDER = ["", "light", "dark"];

/** `light`, `dark`, or empty for the system's. */
export const theme = choice("theme");

export function nextTheme() {
  theme.set(ORDER[(ORDER.indexOf(theme.value) + 1) % ORDER.length]);
}

/** @param {string} name */
function apply(name) {
  if (name) document.documentElement.dataset.theme = name;
  else delete document.documentElement.dataset.theme;
}

theme.subscribe((name) => {
  apply(name);
  keep("localStorage", KEY, name);
});
if (!theme.value) theme.set(kept("localStorage", KEY));
apply(theme.value);
