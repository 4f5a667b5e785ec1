// Columns of tables, in one line each.

/** @typedef {import("./table.js").Column} Column */

/**
 * A column of text.
 * @param {string} key
 * @param {string} title
 * @param {(row: any) => string} value
 * @param {Partial<Column>} [more]
 * @returns {Column}
 */
export const words = (key, title, value, more = {}) => ({ key, title, value, words: true, ...more });

/**
 * A column of the rows' field `key`.
 * @param {string} key
 * @param {string} title
 * @param {(value: number) => string} format
 * @param {number} width in em
 * @param {Partial<Column>} [more]
 * @returns {Column}
 */
export const number = (key, title, format, width, more = {}) => ({
  key,
  title,
  width,
  value: (row) => row[key],
  text: (row) => format(row[key]),
  ...more,
});

/**
 * A column of counts of failures.
 * @param {string} key
 * @param {string} title
 * @param {(value: number) => string} format
 * @param {Partial<Column>} [more]
 * @returns {Column}
 */
export const failures = (key, title, format, more = {}) =>
  number(key, title, format, 5, { level: (row) => (row[key] > 0 ? "critical" : undefined), ...more });

/**
 * The greatest number of a field; never 0, so that all others are a share of it.
 * @param {any[]} rows
 * @param {string} key
 */
export const greatest = (rows, key) => rows.reduce((most, row) => Math.max(most, row[key]), Number.MIN_VALUE);

/**
 * The entries of an object as rows with their names.
 * @param {Record<string, any>} entries
 * @returns {any[]}
 */
export const named = (entries) => Object.entries(entries).map(([name, entry]) => ({ ...entry, name }));
