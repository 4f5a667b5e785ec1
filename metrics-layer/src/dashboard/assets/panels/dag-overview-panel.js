// The processing graph, drawn and as a table.

import { choice } from "../address.js";
import { failures, greatest, number, words } from "../columns.js";
import { ago, count, ms } from "../format.js";
import { Graph, MOST_CARDS } from "../graph.js";
import { Panel } from "../panel.js";
import { store } from "../store.js";
import { Table } from "../table.js";

class DagOverviewPanel extends Panel {
  #most = 1;
  #now = 0;
  #selected = choice("node");
  #select = (/** @type {string} */ id) => this.#selected.set(this.#selected.value === id ? "" : id);
  #level = (/** @type {any} */ node) => store.derived.levelOf(node, this.#now);
  #graph = new Graph(this.#select);
  /** Ids of the nodes that are drawn of too many. @type {Set<string>} */
  #busiest = new Set();
  #table = new Table({
    name: "nodes",
    caption: "Nodes",
    empty: "No node has run yet.",
    key: (node) => node.node_id,
    select: this.#select,
    columns: [
      words("node", "Node", (node) => node.node_name, { tag: (node) => node.node_type }),
      words("state", "State", this.#level, { level: this.#level, width: 8 }),
      number("avg_exec_ms", "Avg ms", ms, 7, { hint: "mean of the last 60 calls", share: (node) => node.avg_exec_ms / this.#most }),
      number("last_exec_ms", "Last ms", ms, 7),
      number("calls_total", "Calls", count, 6.5),
      number("throughput_pps", "Points/s", count, 7),
      number("queue_depth", "Queue", count, 5),
      number("throttled_count", "Dropped", count, 6, { hint: "inputs dropped by throttling" }),
      failures("errors", "Errors", count),
      number("last_seen_ts", "Last seen", (time) => ago(time, this.#now), 8),
    ],
  });

  families = /** @type {const} */ (["api"]);
  reads = [store.snapshot, this.#selected];
  tables = [this.#table];

  build() {
    this.heading("Graph", this.#table.field);
    this.append(this.#graph.root, this.#table.root);
    this.hideUnless(store.snapshot, (snapshot) => Boolean(snapshot?.dag.nodes.length));
  }

  draw() {
    const snapshot = store.snapshot.value;
    if (!snapshot) return;
    const { nodes, edges } = snapshot.dag;
    this.#now = snapshot.timestamp;
    this.#most = greatest(nodes, "avg_exec_ms");
    this.#table.show(nodes);
    this.#table.mark(this.#selected.value);
    this.#graph.root.hidden = nodes.length === 0;
    this.#graph.show(this.#drawn(nodes), edges, this.#level, this.#selected.value);
    const all = nodes.length ? `${count(nodes.length)} nodes, ${count(edges.length)} edges` : "";
    this.note(nodes.length > MOST_CARDS ? `${all}; the ${MOST_CARDS} busiest are drawn` : all);
  }

  /**
   * All nodes, or the busiest of too many, in their order. Those stay drawn, so that the graph does not jump.
   * @param {any[]} nodes
   */
  #drawn(nodes) {
    if (nodes.length <= MOST_CARDS) return nodes;
    const drawn = nodes.filter((node) => this.#busiest.has(node.node_id));
    if (drawn.length === MOST_CARDS) return drawn;
    const work = (/** @type {any} */ node) => node.calls_total * node.avg_exec_ms;
    const busiest = [...nodes].sort((a, b) => work(b) - work(a)).slice(0, MOST_CARDS);
    this.#busiest = new Set(busiest.map((node) => node.node_id));
    return nodes.filter((node) => this.#busiest.has(node.node_id));
  }
}

customElements.define("dag-overview-panel", DagOverviewPanel);
