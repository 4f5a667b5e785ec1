// Numbers as text. Rounding only: units are those of the data.

const formats = [0, 1, 2, 3].map(
  (digits) => new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);
const smalls = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });
const compacts = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const clocks = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
const days = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

const NOTHING = "–";

/** What is less is as good as nothing: a millionth of a ms is a nanosecond. */
const LEAST = 1e-6;

/**
 * Is it so small that two digits after the point say little of it?
 * @param {number | undefined} value
 * @returns {value is number}
 */
const isSmall = (value) => value !== undefined && Math.abs(value) < 0.1 && Math.abs(value) >= LEAST;

/**
 * A number with so many digits after the point, so that points align in a column.
 * @param {number | undefined} value
 * @param {0 | 1 | 2 | 3} digits
 */
export function fixed(value, digits) {
  return Number.isFinite(value) ? formats[digits].format(/** @type {number} */ (value)) : NOTHING;
}

/**
 * A whole number, in full as long as a column has room for it.
 * @param {number | undefined} value
 */
export const count = (value) => (value !== undefined && value >= 1e9 ? short(value) : fixed(value, 0));

/**
 * Milliseconds: two digits after the point, but those of microseconds where there is no more.
 * @param {number | undefined} value
 */
export const ms = (value) => (isSmall(value) ? smalls.format(value) : fixed(value, 2));

/**
 * Few characters for a number of any size: 17.2K.
 * @param {number | undefined} value
 */
export function short(value) {
  return Number.isFinite(value) ? compacts.format(/** @type {number} */ (value)) : NOTHING;
}

/**
 * As many digits as are worth reading, for numbers of any size.
 * @param {number | undefined} value
 */
export function round(value) {
  if (!Number.isFinite(value)) return NOTHING;
  const size = Math.abs(/** @type {number} */ (value));
  if (size >= 1e5) return short(value);
  if (isSmall(value)) return smalls.format(value);
  return fixed(value, size >= 100 || Number.isInteger(size) ? 0 : size >= 10 ? 1 : 2);
}

/**
 * Bytes with their unit, powers of 1024.
 * @param {number | undefined} value
 */
export function bytes(value) {
  if (!Number.isFinite(value)) return NOTHING;
  const units = ["B", "KB", "MB", "GB", "TB"];
  let [size, unit] = [/** @type {number} */ (value), 0];
  for (; size >= 1024 && unit < units.length - 1; unit++) size /= 1024;
  return `${fixed(size, unit === 0 || size >= 100 ? 0 : 1)} ${units[unit]}`;
}

/**
 * How long before `now` something was, both in Unix seconds.
 * @param {number} then
 * @param {number} now
 */
export function ago(then, now) {
  if (!then) return "never";
  const seconds = Math.max(0, now - then);
  return seconds < 60 ? `${fixed(seconds, 1)} s ago` : `${span(seconds)} ago`;
}

/**
 * A long time, from days to seconds.
 * @param {number} seconds
 */
export function span(seconds) {
  const whole = Math.floor(seconds);
  const [day, hour, minute] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60];
  if (day) return `${day} d ${hour} h`;
  if (hour) return `${hour} h ${minute} min`;
  return minute ? `${minute} min ${whole % 60} s` : `${whole} s`;
}

/**
 * The time of day of Unix seconds, here.
 * @param {number} seconds
 */
export const clock = (seconds) => clocks.format(seconds * 1000);

/**
 * Day and time of Unix seconds, here.
 * @param {number} seconds
 */
export const day = (seconds) => days.format(seconds * 1000);
