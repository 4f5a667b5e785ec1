// Where each document of the store comes from, and how often.

import { isMounted } from "./places.js";

/** @typedef {{ family: import("./places.js").Family, path: string, period: number }} Origin */

/** Periods are in ms. @satisfies {Partial<Record<keyof import("./store.js").State, Origin>>} */
export const ORIGINS = /** @type {const} */ ({
  snapshot: { family: "api", path: "api/metrics", period: 1000 },
  own: { family: "api", path: "api/metrics/self", period: 5000 },
  functions: { family: "api", path: "api/metrics/functions", period: 1000 },
  routes: { family: "api", path: "api/metrics/routes", period: 2000 },
  requests: { family: "api", path: "api/metrics/requests", period: 2000 },
  throughput: { family: "api", path: "api/metrics/throughput", period: 1000 },
  queues: { family: "api", path: "api/metrics/queues", period: 2000 },
  pools: { family: "api", path: "api/metrics/pools", period: 2000 },
  errors: { family: "api", path: "api/metrics/errors", period: 5000 },
  performance: { family: "admin", path: "admin/performance/json?blocks=all", period: 2000 },
  collection: { family: "metrics", path: "metrics?last_n=1440", period: 15000 },
  summary: { family: "metrics", path: "metrics/summary", period: 2000 },
  rules: { family: "metrics", path: "metrics/alerts/rules", period: 5000 },
  events: { family: "metrics", path: "metrics/alerts/events", period: 5000 },
});

/** @typedef {keyof typeof ORIGINS} Name */

/**
 * The document that says how the service is, and is asked for while nothing streams: of the first of these whose family is
 * mounted.
 */
export const PULSE = /** @type {const} */ (["snapshot", "performance", "summary"]).find((name) => isMounted(ORIGINS[name].family));
