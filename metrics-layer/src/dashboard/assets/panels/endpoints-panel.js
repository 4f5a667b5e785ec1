// The timed routes.

import { choice } from "../address.js";
import { failures, greatest, number, words } from "../columns.js";
import { routeKey } from "../derived.js";
import { count, ms, round } from "../format.js";
import { latencyBounds, latencyWord, levelOfWord } from "../level.js";
import { Panel } from "../panel.js";
import { want } from "../sources.js";
import { store } from "../store.js";
import { Table } from "../table.js";

const WINDOW = "of the last 100 requests";

class EndpointsPanel extends Panel {
  #most = 1;
  #selected = choice("route");
  #table = new Table({
    name: "routes",
    caption: "Routes",
    empty: "No request under /api/ yet.",
    key: (route) => route.key,
    sort: "-p95_ms",
    select: (key) => this.#selected.set(this.#selected.value === key ? "" : key),
    columns: [
      words("route", "Route", (route) => route.path, { tag: (route) => route.method }),
      number("per_second", "Req/s", round, 5.5),
      number("calls_total", "Requests", count, 6.5),
      number("avg_latency_ms", "Avg ms", ms, 6, { hint: "mean of the last 60 requests", share: (route) => route.avg_latency_ms / this.#most }),
      number("p50_ms", "p50", ms, 6, { hint: `median ${WINDOW}, ms` }),
      number("p95_ms", "p95", ms, 6, { hint: `95th percentile ${WINDOW}, ms` }),
      number("p99_ms", "p99", ms, 6, { hint: `99th percentile ${WINDOW}, ms` }),
      words("status", "Status", (route) => route.word, { level: (route) => levelOfWord(route.word), width: 7 }),
      failures("error_count", "Errors", count, { hint: WINDOW }),
      number("last_status_code", "Last", String, 5.5, {
        hint: "status of the last answer",
        level: (route) => (route.last_status_code >= 500 ? "critical" : undefined),
      }),
    ],
  });

  families = /** @type {const} */ (["api"]);
  reads = [store.snapshot, store.performance, this.#selected];
  tables = [this.#table];

  build() {
    this.heading("Routes", this.#table.field);
    this.append(this.#table.root);
    want("performance", () => this.isSeen);
  }

  draw() {
    const snapshot = store.snapshot.value;
    if (!snapshot) return;
    const stats = store.performance.value?.endpoints ?? {};
    const bounds = latencyBounds(store.own.value);
    const routes = snapshot.endpoints.map((/** @type {any} */ endpoint) => joined(endpoint, stats, bounds));
    this.#most = greatest(routes, "avg_latency_ms");
    this.#table.show(routes);
    this.#table.mark(this.#selected.value);
    this.note(routes.length ? count(routes.length) : "");
  }
}

/**
 * A route as the snapshot and as the statistics have it.
 * @param {any} endpoint
 * @param {Record<string, any>} stats
 * @param {import("../level.js").Bounds} bounds
 */
function joined(endpoint, stats, bounds) {
  const key = routeKey(endpoint);
  const { p50_ms = NaN, p95_ms = NaN, p99_ms = NaN, error_count = NaN } = stats[key] ?? {};
  const per_second = store.derived.requestRates.get(key) ?? 0;
  const word = latencyWord(Number.isNaN(p95_ms) ? endpoint.avg_latency_ms : p95_ms, bounds);
  return { ...endpoint, key, per_second, p50_ms, p95_ms, p99_ms, error_count, word };
}

customElements.define("endpoints-panel", EndpointsPanel);
