// What the server says in the page itself: whose page it is, and where the documents are.

/**
 * The groups in which endpoints are switched on and mounted.
 * @typedef {"api" | "metrics" | "admin"} Family
 */

const told = document.documentElement.dataset;

/** Whether this is the page for administrators, which has their blocks in front. */
export const isForAdmins = told.page === "admin";

/** The bounds between good, warning and poor latencies when the page came. @type {import("./level.js").Bounds} */
export const firstBounds = { warning_ms: Number(told.warningMs), poor_ms: Number(told.poorMs) };

/** @param {Family} family */
export const isMounted = (family) => told[family] !== undefined;

/**
 * Where a path is; null when its family is not there. The server says where families are, relative to the page.
 * @param {Family} family
 * @param {string} path
 */
export function place(family, path) {
  const base = told[family];
  return base === undefined ? null : new URL(path, new URL(base, location.href));
}
