// Caches, database queries per request, and the routes that are watched by name.

import { blocks } from "../blocks.js";
import { named, number, words } from "../columns.js";
import { element } from "../dom.js";
import { Facts } from "../facts.js";
import { count, fixed, ms } from "../format.js";
import { latencyBounds, latencyWord, levelOfWord } from "../level.js";
import { Panel } from "../panel.js";
import { want } from "../sources.js";
import { store } from "../store.js";
import { Table } from "../table.js";

class CacheDatabasePanel extends Panel {
  #caches = new Table({
    name: "caches",
    caption: "Caches",
    empty: "No look-up in a cache yet.",
    key: (cache) => cache.name,
    columns: [
      words("cache", "Cache", (cache) => cache.name),
      number("hit_rate_percent", "Hit rate %", (value) => fixed(value, 1), 6.5, { share: (cache) => cache.hit_rate_percent / 100 }),
      number("hits", "Hits", count, 6),
      number("misses", "Misses", count, 6),
    ],
  });
  #watched = new Table({
    name: "watched",
    caption: "Watched routes",
    empty: "No route is watched by name.",
    key: (route) => route.name,
    columns: [
      words("name", "Watched route", (route) => route.name),
      number("p95_latency_ms", "p95 ms", ms, 6),
      words("status", "Status", wordOf, { level: (route) => levelOfWord(wordOf(route)), width: 7 }),
      number("avg_latency_ms", "Avg ms", ms, 6),
      number("request_count", "Requests", count, 6),
    ],
  });
  #database = new Facts();

  families = /** @type {const} */ (["admin"]);
  reads = [store.performance, store.own];
  tables = [this.#caches, this.#watched];

  build() {
    this.heading("Cache and database");
    const queries = element("div", { class: "detail" }, element("h3", {}, "Database queries"), this.#database.root);
    this.append(this.#caches.root, this.#watched.root, queries);
    // A panel that is hidden is not seen, and has to be asked for all the same.
    want("performance", () => this.hidden || this.isSeen);
    this.hideUnless(store.performance, hasAny);
  }

  draw() {
    if (!store.performance.value) return;
    const { caches, watched, database } = parts(store.performance.value);
    this.#caches.show(caches);
    this.#watched.show(watched);
    this.#database.show([
      ["Mean per request", fixed(database.avg_per_request, 2)],
      ["Most of one", count(database.max_per_request)],
      ["Queries", count(database.total_queries)],
      ["Of the last", `${count(database.count)} requests`],
    ]);
  }
}

/**
 * The rows of both tables, and the database.
 * @param {any} document
 */
function parts(document) {
  const { cache, caches, database, watched } = blocks(document);
  const unnamed = cache && cache.hits + cache.misses > 0 ? [{ ...cache, name: "(unnamed)" }] : [];
  return { caches: [...unnamed, ...named(caches ?? {})], watched, database };
}

/**
 * How quick a watched route is; nothing of no request.
 * @param {any} route
 */
const wordOf = (route) => (route.request_count ? latencyWord(route.p95_latency_ms, latencyBounds(store.own.value)) : "");

/**
 * Whether the service has a cache, a watched route or a database.
 * @param {any} document
 */
function hasAny(document) {
  if (!document) return false;
  const { caches, watched, database } = parts(document);
  return caches.length + watched.length + database.total_queries > 0;
}

customElements.define("cache-database-panel", CacheDatabasePanel);
