// The timed functions and blocks.

import { count, fixed } from "./format.js";
import { Panel, setText } from "./panel.js";
import { Table } from "./table.js";

const ms = (value) => fixed(value, 3);

class FunctionsPanel extends Panel {
  build() {
    this.note = this.heading("Functions");
    this.table = new Table("Timed functions and blocks", "No timed function has run yet.", [
      { title: "Function", text: (row) => row.name, words: true },
      {
        title: "Average ms",
        hint: "mean of the last 100 calls",
        text: (row) => ms(row.avg_ms),
        share: (row) => row.avg_ms / row.most,
      },
      { title: "Last ms", text: (row) => ms(row.last_ms) },
      { title: "p50 ms", text: (row) => ms(row.p50_ms) },
      { title: "p95 ms", text: (row) => ms(row.p95_ms) },
      { title: "p99 ms", text: (row) => ms(row.p99_ms) },
      { title: "Min ms", text: (row) => ms(row.min_ms) },
      { title: "Max ms", text: (row) => ms(row.max_ms) },
      { title: "Calls", text: (row) => count(row.calls_total) },
      { title: "Errors", text: (row) => count(row.errors), alert: (row) => row.errors > 0 },
    ]);
    this.append(this.table.root);
  }

  draw({ functions }) {
    if (!functions) return;
    const most = Math.max(...functions.map((each) => each.avg_ms), Number.MIN_VALUE);
    setText(this.note, functions.length ? count(functions.length) : "");
    this.table.show(functions.map((each) => ({ key: each.name, data: { ...each, most } })));
  }
}

customElements.define("functions-panel", FunctionsPanel);
