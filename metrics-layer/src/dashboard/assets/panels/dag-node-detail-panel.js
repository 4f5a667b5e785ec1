// One node: its numbers, how they went, its operations, and what it is joined to.

import { choice } from "../address.js";
import { Chart } from "../chart.js";
import { greatest, named, number, words } from "../columns.js";
import { button, element, setText } from "../dom.js";
import { Facts } from "../facts.js";
import { ago, count, ms, short } from "../format.js";
import { Panel } from "../panel.js";
import { store } from "../store.js";
import { Table } from "../table.js";

class DagNodeDetailPanel extends Panel {
  #most = 1;
  #joined = "";
  #selected = choice("node");
  #hint = element("p", { class: "empty" }, "Choose a node in the graph or the table.");
  #facts = new Facts();
  #neighbours = element("p", { class: "neighbours" });
  #latency = new Chart("node-latency", "Average time");
  #rate = new Chart("node-throughput", "Throughput");
  #table = new Table({
    name: "operations",
    caption: "Operations",
    empty: "It has no timed operations.",
    key: (operation) => operation.name,
    columns: [
      words("operation", "Operation", (operation) => operation.name),
      number("avg_ms", "Avg ms", ms, 5.5, { share: (operation) => operation.avg_ms / this.#most }),
      number("last_ms", "Last ms", ms, 5.5),
      number("calls", "Calls", count, 5),
    ],
  });
  #detail = element("div", { class: "detail", hidden: true });

  families = /** @type {const} */ (["api"]);
  reads = [store.snapshot, this.#selected];
  tables = [this.#table];

  build() {
    this.heading("Node");
    this.#detail.append(this.#facts.root, this.#neighbours, this.#latency.root, this.#rate.root);
    this.#detail.append(element("h3", {}, "Operations"), this.#table.root);
    this.append(this.#hint, this.#detail);
    this.hideUnless(store.snapshot, (snapshot) => Boolean(snapshot?.dag.nodes.length));
  }

  draw() {
    const snapshot = store.snapshot.value;
    const node = snapshot?.dag.nodes.find((each) => each.node_id === this.#selected.value);
    this.#detail.hidden = !node;
    this.#hint.hidden = Boolean(node);
    this.note(node?.node_name ?? "");
    if (!snapshot || !node) return;
    this.#tell(node, snapshot.timestamp);
    this.#latency.show(store.derived.nodeTimes.points(node.node_id), "ms");
    this.#rate.show(store.derived.nodeRates.points(node.node_id), "pts/s");
    const operations = named(node.open3d_ops);
    this.#most = greatest(operations, "avg_ms");
    this.#table.show(operations);
    this.#join(node.node_id, snapshot.dag.edges);
  }

  /**
   * @param {any} node
   * @param {number} now
   */
  #tell(node, now) {
    this.#facts.show([
      ["Id", node.node_id],
      ["Type", node.node_type],
      ["State", store.derived.levelOf(node, now)],
      ["Last seen", ago(node.last_seen_ts, now)],
      ["Average", `${ms(node.avg_exec_ms)} ms`],
      ["Calls", count(node.calls_total)],
      ["Points/s", short(node.throughput_pps)],
      ["Last points", count(node.last_point_count)],
      ["Queue", count(node.queue_depth)],
      ["Dropped", count(node.throttled_count)],
      ["Errors", count(node.errors)],
      ["Under way", count(node.in_flight)],
    ]);
  }

  /**
   * @param {string} id
   * @param {{ from: string, to: string }[]} edges
   */
  #join(id, edges) {
    const from = edges.filter((edge) => edge.to === id).map((edge) => edge.from);
    const to = edges.filter((edge) => edge.from === id).map((edge) => edge.to);
    const joined = JSON.stringify([from, to]);
    if (joined === this.#joined) return;
    this.#joined = joined;
    const link = (/** @type {string} */ other) => button(other, { class: "link" }, () => this.#selected.set(other));
    this.#neighbours.replaceChildren();
    if (from.length) this.#neighbours.append("from ", ...from.map(link), " ");
    if (to.length) this.#neighbours.append("to ", ...to.map(link));
    if (!from.length && !to.length) setText(this.#neighbours, "Nothing joins it to other nodes.");
  }
}

customElements.define("dag-node-detail-panel", DagNodeDetailPanel);
