// The nodes of the processing graph, each followed by its operations.

import { ago, count, ms } from "./format.js";
import { Panel, setText } from "./panel.js";
import { Table } from "./table.js";

const node = (text) => (row) => (row.node ? text(row.node) : "");

class DagOverviewPanel extends Panel {
  build() {
    this.note = this.heading("Nodes");
    this.table = new Table("Nodes and their operations", "No node has run yet.", [
      { title: "Node", text: (row) => row.name, tag: (row) => row.tag, words: true },
      { title: "Average ms", hint: "mean of the last 60 calls", text: (row) => ms(row.avg), share: (row) => row.share },
      { title: "Last ms", text: (row) => ms(row.last) },
      { title: "Calls", text: (row) => count(row.calls) },
      { title: "Points/s", text: node((n) => count(n.throughput_pps)) },
      { title: "Points", hint: "of the last call", text: node((n) => count(n.last_point_count)) },
      { title: "Queue", text: node((n) => count(n.queue_depth)) },
      { title: "Throttled", text: node((n) => count(n.throttled_count)) },
      { title: "Errors", text: node((n) => count(n.errors)), alert: (row) => row.node?.errors > 0 },
      { title: "Last seen", text: node((n) => ago(n.last_seen_ts, n.now)) },
    ]);
    this.append(this.table.root);
  }

  draw({ snapshot }) {
    if (!snapshot) return;
    const { nodes } = snapshot.dag;
    const most = Math.max(...nodes.map((each) => each.avg_exec_ms), Number.MIN_VALUE);
    setText(this.note, nodes.length ? count(nodes.length) : "");
    this.table.show(nodes.flatMap((each) => rows(each, snapshot.timestamp, most)));
  }
}

function rows(each, now, most) {
  const share = (avg) => avg / most;
  const first = {
    key: JSON.stringify([each.node_id]),
    data: {
      node: { ...each, now },
      name: each.node_name,
      tag: each.node_type,
      avg: each.avg_exec_ms,
      last: each.last_exec_ms,
      calls: each.calls_total,
      share: share(each.avg_exec_ms),
    },
  };
  const operations = Object.entries(each.open3d_ops).map(([name, op]) => ({
    key: JSON.stringify([each.node_id, name]),
    kind: "part",
    data: { name, tag: "", avg: op.avg_ms, last: op.last_ms, calls: op.calls, share: share(op.avg_ms) },
  }));
  return [first, ...operations];
}

customElements.define("dag-overview-panel", DagOverviewPanel);
