// The timed functions and blocks.

import { failures, greatest, number, words } from "../columns.js";
import { count, ms } from "../format.js";
import { Panel } from "../panel.js";
import { want } from "../sources.js";
import { store } from "../store.js";
import { Table } from "../table.js";

const WINDOW = { hint: "over the last 100 calls, ms" };

class FunctionsPanel extends Panel {
  #most = 1;
  #table = new Table({
    name: "functions",
    caption: "Functions and blocks",
    empty: "No function under #[timed] was called yet that records to these metrics.",
    key: (row) => row.name,
    columns: [
      words("function", "Function", (row) => row.name),
      number("calls_total", "Calls", count, 6.5),
      number("avg_ms", "Avg ms", ms, 5.5, { ...WINDOW, share: (row) => row.avg_ms / this.#most }),
      number("p50_ms", "p50", ms, 5.5, WINDOW),
      number("p95_ms", "p95", ms, 5.5, WINDOW),
      number("p99_ms", "p99", ms, 5.5, WINDOW),
      number("max_ms", "Max", ms, 5.5, WINDOW),
      failures("errors", "Errors", count),
      number("in_flight", "Open", count, 4.5, { hint: "calls under way, where they are watched" }),
    ],
  });

  families = /** @type {const} */ (["api"]);
  reads = [store.functions];
  tables = [this.#table];

  build() {
    this.heading("Functions", this.#table.field);
    this.append(this.#table.root);
    want("functions", () => this.isSeen);
  }

  draw() {
    const functions = store.functions.value?.functions;
    if (!functions) return;
    this.#most = greatest(functions, "avg_ms");
    this.note(functions.length ? count(functions.length) : "");
    this.#table.show(functions);
  }
}

customElements.define("functions-panel", FunctionsPanel);
