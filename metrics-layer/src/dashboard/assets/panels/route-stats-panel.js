// Every route over its last hundred requests, with a word for how quick it is.

import { failures, number, words } from "../columns.js";
import { count, day, ms } from "../format.js";
import { latencyBounds, latencyWord, levelOfWord } from "../level.js";
import { Panel } from "../panel.js";
import { want } from "../sources.js";
import { store } from "../store.js";
import { Table } from "../table.js";

class RouteStatsPanel extends Panel {
  #bounds = latencyBounds(null);
  #table = new Table({
    name: "route-stats",
    caption: "Endpoints over their last 100 requests",
    empty: "No request was answered yet.",
    key: (route) => route.route,
    sort: "-p95_ms",
    columns: [
      words("route", "Endpoint", (route) => route.route, { tag: handlerOf }),
      number("p95_ms", "p95 ms", ms, 6),
      words("status", "Status", (route) => this.#word(route), { level: (route) => levelOfWord(this.#word(route)), width: 7 }),
      number("p50_ms", "p50 ms", ms, 6),
      number("p99_ms", "p99 ms", ms, 6),
      number("avg_ms", "Mean ms", ms, 6),
      number("min_ms", "Min ms", ms, 6),
      number("max_ms", "Max ms", ms, 6),
      number("request_count", "Requests", count, 6),
      failures("error_count", "Errors", count),
      words("last_updated", "Last request", (route) => route.last_updated, { text: (route) => day(Date.parse(route.last_updated) / 1000), width: 9 }),
    ],
  });

  families = /** @type {const} */ (["admin"]);
  reads = [store.performance, store.own];
  tables = [this.#table];

  build() {
    this.heading("Endpoints", this.#table.field);
    this.append(this.#table.root);
    want("performance", () => this.isSeen);
  }

  /** @param {any} route */
  #word(route) {
    return route.request_count ? latencyWord(route.p95_ms, this.#bounds) : "";
  }

  draw() {
    const endpoints = store.performance.value?.endpoints;
    if (!endpoints) return;
    this.#bounds = latencyBounds(store.own.value);
    const { warning_ms, poor_ms } = this.#bounds;
    this.note(`a p95 below ${warning_ms} ms is good, above ${poor_ms} ms poor, between them a warning`);
    this.#table.show(Object.values(endpoints));
  }
}

/**
 * What the application calls the route, if it does.
 * @param {any} route
 */
const handlerOf = ({ route, endpoint }) => (route.endsWith(` ${endpoint}`) ? "" : endpoint);

customElements.define("route-stats-panel", RouteStatsPanel);
