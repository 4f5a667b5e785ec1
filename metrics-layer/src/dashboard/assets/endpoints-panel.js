// The timed routes.

import { count, ms } from "./format.js";
import { Panel, setText } from "./panel.js";
import { Table } from "./table.js";

class EndpointsPanel extends Panel {
  build() {
    this.note = this.heading("Routes");
    this.table = new Table("Routes", "No request under /api/ yet.", [
      { title: "Route", text: (row) => row.path, tag: (row) => row.method, words: true },
      {
        title: "Average ms",
        hint: "mean of the last 60 requests",
        text: (row) => ms(row.avg_latency_ms),
        share: (row) => row.avg_latency_ms / row.most,
      },
      { title: "Requests", text: (row) => count(row.calls_total) },
      { title: "Last status", text: (row) => String(row.last_status_code), alert: (row) => row.last_status_code >= 500 },
    ]);
    this.append(this.table.root);
  }

  draw({ snapshot }) {
    if (!snapshot) return;
    const { endpoints } = snapshot;
    const most = Math.max(...endpoints.map((each) => each.avg_latency_ms), Number.MIN_VALUE);
    setText(this.note, endpoints.length ? count(endpoints.length) : "");
    this.table.show(endpoints.map((each) => ({ key: `${each.method} ${each.path}`, data: { ...each, most } })));
  }
}

customElements.define("endpoints-panel", EndpointsPanel);
