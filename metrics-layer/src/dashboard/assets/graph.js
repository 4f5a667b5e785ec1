// The drawn graph: a card for each node, a line for each edge.

import { element, setAttribute, setText, svg } from "./dom.js";
import { ms, short } from "./format.js";
import { schedule } from "./frame.js";
import { layered } from "./layers.js";

/** More than these are not told apart any more; the busiest are drawn. */
export const MOST_CARDS = 60;

const CARD = { least: 112, most: 190, height: 66 };

/** Between layers, and between the cards of one. */
const [GAP, BETWEEN] = [26, 12];

export class Graph {
  /** @type {Map<string, ReturnType<Graph["make"]>>} */
  #cards = new Map();
  #shape = "";
  /** Across, and the one for which everything was placed. */
  #room = 0;
  #width = 0;
  /** @type {any[]} */
  #nodes = [];
  /** @type {{ from: string, to: string, line: SVGElement }[]} */
  #lines = [];
  /** Ids by layer; empty when nothing joins the nodes. @type {string[][]} */
  #layers = [];
  #drawing = svg("svg", { class: "edges", "aria-hidden": "true" });
  #draw = () => this.#place();

  /** @param {(id: string) => void} select */
  constructor(select) {
    this.select = select;
    this.plane = element("div", { class: "plane" }, this.#drawing);
    this.root = element("div", { class: "graph", tabindex: "0", role: "group", "aria-label": "Drawn graph; the table below has the same" }, this.plane);
    new ResizeObserver(([{ contentRect }]) => {
      this.#room = Math.floor(contentRect.width);
      schedule(this.#draw);
    }).observe(this.root);
  }

  /**
   * @param {any[]} nodes at most {@link MOST_CARDS}
   * @param {{ from: string, to: string }[]} edges
   * @param {(node: any) => string} level
   * @param {string} selected
   */
  show(nodes, edges, level, selected) {
    this.#nodes = nodes;
    const ids = new Set(nodes.map((node) => node.node_id));
    const drawn = edges.filter(({ from, to }) => ids.has(from) && ids.has(to));
    const shape = JSON.stringify([[...ids], drawn]);
    if (shape !== this.#shape) this.#rebuild(shape, drawn);
    this.#place();
    const most = nodes.reduce((most, node) => Math.max(most, node.throughput_pps), 0) || 1;
    for (const node of nodes) this.#fill(node, level(node), node.node_id === selected);
    const rates = new Map(nodes.map((node) => [node.node_id, node.throughput_pps]));
    for (const { from, line } of this.#lines) {
      line.style.strokeWidth = `${(1.25 + 3 * Math.sqrt((rates.get(from) ?? 0) / most)).toFixed(2)}px`;
    }
  }

  /**
   * @param {string} shape
   * @param {{ from: string, to: string }[]} edges
   */
  #rebuild(shape, edges) {
    this.#shape = shape;
    this.#width = 0;
    const ids = this.#nodes.map((node) => node.node_id);
    for (const [id, { card }] of this.#cards) {
      if (ids.includes(id)) continue;
      card.remove();
      this.#cards.delete(id);
    }
    for (const id of ids) {
      if (this.#cards.has(id)) continue;
      const made = this.make(id);
      this.#cards.set(id, made);
      this.plane.append(made.card);
    }
    this.#lines = edges.map(({ from, to }) => ({ from, to, line: svg("path", { "data-edge": `${from} ${to}` }) }));
    this.#drawing.replaceChildren(...this.#lines.map(({ line }) => line));
    this.#layers = edges.length ? layered(ids, edges) : [];
  }

  /** @param {string} id */
  make(id) {
    const name = element("span", { class: "name" });
    const time = element("span", { class: "time" });
    const rate = element("span", { class: "rate" });
    const card = element("button", { type: "button", class: "card", "data-node": id }, name, time, rate);
    card.addEventListener("click", () => this.select(id));
    return { card, name, time, rate };
  }

  /**
   * @param {any} node
   * @param {string} level
   * @param {boolean} isSelected
   */
  #fill(node, level, isSelected) {
    const made = this.#cards.get(node.node_id);
    if (!made) return;
    setText(made.name, node.node_name);
    setAttribute(made.card, "title", `${node.node_name} (${node.node_type}), ${level}`);
    setText(made.time, `${ms(node.avg_exec_ms)} ms`);
    setText(made.rate, `${short(node.throughput_pps)} pts/s`);
    setAttribute(made.card, "data-level", level);
    setAttribute(made.card, "aria-current", isSelected ? "true" : undefined);
  }

  /** Puts cards and lines in their places, when the graph or the room for it has changed. */
  #place() {
    const width = this.#room;
    if (width === this.#width || width === 0 || this.#nodes.length === 0) return;
    this.#width = width;
    const rows = this.#layers.length ? this.#layers : this.#inRows(width);
    const across = rows.length * (CARD.least + GAP) - GAP;
    const isFlat = this.#layers.length > 0 && (across <= width || widest(rows) > 3);
    if (isFlat) this.#across(rows, width);
    else this.#down(rows, width);
  }

  /**
   * Nodes that nothing joins, side by side.
   * @param {number} width
   */
  #inRows(width) {
    const fit = Math.max(1, Math.floor((width + BETWEEN) / (CARD.least + 30 + BETWEEN)));
    const ids = this.#nodes.map((node) => node.node_id);
    return Array.from({ length: Math.ceil(ids.length / fit) }, (_, row) => ids.slice(row * fit, (row + 1) * fit));
  }

  /**
   * Layers from left to right.
   * @param {string[][]} layers
   * @param {number} width
   */
  #across(layers, width) {
    const room = (width - (layers.length - 1) * GAP) / layers.length;
    const wide = Math.max(CARD.least, Math.min(CARD.most, room));
    const gap = Math.max(GAP, layers.length > 1 ? Math.min(90, (width - layers.length * wide) / (layers.length - 1)) : 0);
    const high = widest(layers) * (CARD.height + BETWEEN) - BETWEEN;
    const places = new Map();
    layers.forEach((layer, column) => {
      const top = (high - (layer.length * (CARD.height + BETWEEN) - BETWEEN)) / 2;
      layer.forEach((id, row) => places.set(id, { x: column * (wide + gap), y: top + row * (CARD.height + BETWEEN), wide }));
    });
    this.#put(places, layers.length * (wide + gap) - gap, high, (from, to) => {
      const [x1, y1, x2, y2] = [from.x + wide, from.y + CARD.height / 2, to.x, to.y + CARD.height / 2];
      const bend = Math.max(14, Math.abs(x2 - x1) / 2);
      return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
    });
  }

  /**
   * Layers from top to bottom, for narrow pages.
   * @param {string[][]} layers
   * @param {number} width
   */
  #down(layers, width) {
    const gap = this.#lines.length ? 22 : BETWEEN;
    const places = new Map();
    layers.forEach((layer, row) => {
      const wide = Math.min((width - (layer.length - 1) * BETWEEN) / layer.length, this.#lines.length ? 260 : CARD.most);
      const start = this.#lines.length ? (width - layer.length * (wide + BETWEEN) + BETWEEN) / 2 : 0;
      layer.forEach((id, column) => places.set(id, { x: start + column * (wide + BETWEEN), y: row * (CARD.height + gap), wide }));
    });
    this.#put(places, width, layers.length * (CARD.height + gap) - gap, (from, to) => {
      const [x1, y1, x2, y2] = [from.x + from.wide / 2, from.y + CARD.height, to.x + to.wide / 2, to.y];
      const bend = Math.max(8, Math.abs(y2 - y1) / 2);
      return `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`;
    });
  }

  /**
   * @typedef {{ x: number, y: number, wide: number }} Place
   * @param {Map<string, Place>} places
   * @param {number} width
   * @param {number} height
   * @param {(from: Place, to: Place) => string} path
   */
  #put(places, width, height, path) {
    this.plane.style.width = `${Math.floor(width)}px`;
    this.plane.style.height = `${height}px`;
    setAttribute(this.#drawing, "viewBox", `0 0 ${Math.floor(width)} ${height}`);
    for (const [id, { x, y, wide }] of places) {
      const card = this.#cards.get(id)?.card;
      if (!card) continue;
      card.style.width = `${Math.floor(wide)}px`;
      card.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
    }
    for (const { from, to, line } of this.#lines) {
      const [start, end] = [places.get(from), places.get(to)];
      if (start && end) line.setAttribute("d", path(start, end));
    }
  }
}

/** @param {string[][]} layers */
function widest(layers) {
  return layers.reduce((most, layer) => Math.max(most, layer.length), 1);
}
