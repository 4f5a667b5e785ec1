// The application's queues and connection pools; not there while it has none.

import { number, words } from "../columns.js";
import { count, fixed, ms } from "../format.js";
import { MEMORY_PERCENT, level } from "../level.js";
import { Panel } from "../panel.js";
import { want } from "../sources.js";
import { store } from "../store.js";
import { Table } from "../table.js";

const WINDOW = { hint: "over the last 100 entries, ms" };

class QueuesPanel extends Panel {
  #queues = new Table({
    name: "queues",
    caption: "Queues",
    empty: "No queue yet.",
    key: (queue) => queue.name,
    columns: [
      words("queue", "Queue", (queue) => queue.name),
      number("size", "Size", count, 5),
      number("waits_total", "Entries", count, 6),
      number("avg_wait_ms", "Avg wait", ms, 6, WINDOW),
      number("p95_wait_ms", "p95", ms, 5.5, WINDOW),
      number("last_wait_ms", "Last", ms, 5.5, WINDOW),
    ],
  });
  #pools = new Table({
    name: "pools",
    caption: "Connection pools",
    empty: "No connection pool yet.",
    key: (pool) => pool.name,
    columns: [
      words("pool", "Pool", (pool) => pool.name),
      number("active_connections", "Active", count, 6),
      number("max_connections", "Most", (most) => (most ? count(most) : "–"), 6),
      number("used_percent", "Used %", (value) => fixed(value, 1), 6, {
        share: (pool) => pool.used_percent / 100,
        level: (pool) => (pool.used_percent < MEMORY_PERCENT[0] ? undefined : level(pool.used_percent, MEMORY_PERCENT)),
      }),
    ],
  });

  families = /** @type {const} */ (["api"]);
  reads = [store.queues, store.pools];
  tables = [this.#queues, this.#pools];

  build() {
    this.heading("Queues and pools", this.#queues.field);
    this.append(this.#queues.root, this.#pools.root);
    // A panel that is hidden is not seen, and has to be asked for all the same.
    for (const name of /** @type {const} */ (["queues", "pools"])) {
      want(name, () => this.hidden || this.isSeen);
      this.hideUnless(/** @type {import("../signal.js").Signal<any>} */ (store[name]), () => this.#all().some((list) => list.length > 0));
    }
  }

  /** @returns {any[][]} */
  #all() {
    return [store.queues.value?.queues ?? [], store.pools.value?.pools ?? []];
  }

  draw() {
    const [queues, pools] = this.#all();
    this.#queues.show(queues);
    this.#pools.show(pools);
    this.#pools.root.hidden = pools.length === 0;
  }
}

customElements.define("queues-panel", QueuesPanel);
