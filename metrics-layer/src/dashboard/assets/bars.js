// How often durations were how long: bars on a logarithmic axis, and the same as a table.

import { button, element, setAttribute, svg } from "./dom.js";
import { count, round } from "./format.js";
import { Table } from "./table.js";

const HEIGHT = 84;
const BELOW = 16;

/** Bars per doubling of the duration; the server tells sixteen. */
const PER_DOUBLING = 2;

/**
 * @typedef {{ first_ms: number, last_ms: number, count: number }} Bucket
 */

export class Bars {
  /**
   * @param {string} name
   * @param {string} title
   */
  constructor(name, title) {
    this.title = title;
    this.svg = svg("svg", { class: "bars", role: "img", "data-chart": name });
    this.table = new Table({
      name,
      caption: title,
      empty: "Nothing was counted yet.",
      key: (bar) => String(bar.from),
      columns: [
        { key: "from_ms", title: "From ms", value: (bar) => bar.from, text: (bar) => round(bar.from), words: true },
        { key: "to_ms", title: "To ms", value: (bar) => bar.to, text: (bar) => round(bar.to) },
        { key: "count", title: "Count", value: (bar) => bar.count, text: (bar) => count(bar.count) },
      ],
    });
    this.table.root.hidden = true;
    this.toggle = button("Table", { class: "quiet", "aria-pressed": "false", "aria-label": `${title} as a table` }, () => {
      const isTable = this.table.root.hidden;
      this.table.root.hidden = !isTable;
      this.svg.classList.toggle("away", isTable);
      this.toggle.setAttribute("aria-pressed", String(isTable));
    });
    const head = element("div", { class: "chart-head" }, element("h3", {}, title), this.toggle);
    this.root = element("figure", { class: "chart-figure" }, head, this.svg, this.table.root);
  }

  /** @param {Bucket[]} buckets shortest first */
  show(buckets) {
    const bars = merged(buckets);
    this.table.show(bars);
    setAttribute(this.svg, "data-points", String(bars.length));
    const total = bars.reduce((sum, bar) => sum + bar.count, 0);
    const most = bars.reduce((most, bar) => Math.max(most, bar.count), 0);
    setAttribute(this.svg, "aria-label", `${this.title}: ${count(total)} in ${bars.length} classes`);
    if (bars.length === 0) return this.svg.replaceChildren();
    // One unit of the drawing is a hundredth of its width, so that it needs not be measured.
    const width = 100 / bars.length;
    const rects = bars.map((bar, index) => {
      const height = bar.count ? Math.max(1.5, (bar.count / most) * (HEIGHT - BELOW - 4)) : 0;
      const [x, wide] = [`${(index * width).toFixed(2)}%`, `${Math.max(0.5, width - 0.8).toFixed(2)}%`];
      const label = svg("title", {}, `${round(bar.from)} to ${round(bar.to)} ms: ${count(bar.count)}`);
      return svg("rect", { x, width: wide, y: HEIGHT - BELOW - height, height, rx: 1 }, label);
    });
    const ends = [
      svg("text", { class: "label", x: "0", y: HEIGHT - 3 }, `${round(bars[0].from)} ms`),
      svg("text", { class: "label", x: "100%", y: HEIGHT - 3, "text-anchor": "end" }, `${round(bars[bars.length - 1].to)} ms`),
    ];
    this.svg.replaceChildren(...rects, ...ends);
  }
}

/**
 * Bars of equal width on the axis, those between the first and the last that are empty too.
 * @param {Bucket[]} buckets
 */
function merged(buckets) {
  const place = (/** @type {number} */ ms) => Math.floor(Math.log2(Math.max(ms, 1e-6)) * PER_DOUBLING);
  const counts = new Map();
  for (const bucket of buckets) {
    const at = place((bucket.first_ms + bucket.last_ms) / 2);
    counts.set(at, (counts.get(at) ?? 0) + bucket.count);
  }
  const places = [...counts.keys()];
  if (places.length === 0) return [];
  const bars = [];
  for (let at = Math.min(...places); at <= Math.max(...places); at++) {
    bars.push({ from: 2 ** (at / PER_DOUBLING), to: 2 ** ((at + 1) / PER_DOUBLING), count: counts.get(at) ?? 0 });
  }
  return bars;
}
