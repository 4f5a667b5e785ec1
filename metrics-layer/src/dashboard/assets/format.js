// Numbers as text. Rounding only: units are those of the data.

const formats = [0, 1, 2, 3].map(
  (digits) => new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);

/** A number with so many digits after the point, so that points align in a column. */
export function fixed(value, digits) {
  return Number.isFinite(value) ? formats[digits].format(value) : "–";
}

export const count = (value) => fixed(value, 0);
export const ms = (value) => fixed(value, 2);

/** How long before `now` something was, both in Unix seconds. */
export function ago(then, now) {
  if (!then) return "never";
  return `${fixed(Math.max(0, now - then), 1)} s ago`;
}

/** Wall time of a moment in Unix seconds, for people. */
export function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString();
}
