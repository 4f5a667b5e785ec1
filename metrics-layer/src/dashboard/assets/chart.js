// A line over time with axes, a cursor that tells single values, and the same numbers as a table.

import { button, element, setAttribute, setText, svg } from "./dom.js";
import { schedule } from "./frame.js";
import { clock, day, round } from "./format.js";
import { thinned } from "./sparkline.js";
import { Table } from "./table.js";

const HEIGHT = 132;

/** Room for the labels at the left, and for those below. */
const [LEFT, BELOW, ABOVE] = [44, 18, 8];

const MOST_POINTS = 480;
const LINES = [0, 0.5, 1];

/** Longer stretches are labelled with the day too. */
const DAY_S = 24 * 3600;

/** @typedef {import("./sparkline.js").Point} Point */

export class Chart {
  /** @type {Point[]} */
  #points = [];
  #width = 0;
  #unit = "";
  /** Of the point that is read, or -1. */
  #cursor = -1;
  /** The values at the bottom and at the top; 0 is between them. */
  #bottom = 0;
  #top = 1;
  #line = svg("path", { class: "line" });
  #area = svg("path", { class: "area" });
  #mark = svg("circle", { class: "mark", r: 3.5, visibility: "hidden" });
  #rule = svg("line", { class: "rule", y1: ABOVE, y2: HEIGHT - BELOW, visibility: "hidden" });
  #lines = LINES.map(() => svg("line", { class: "grid" }));
  #labels = LINES.map(() => svg("text", { class: "label", "text-anchor": "end", x: LEFT - 6 }));
  #times = ["start", "end"].map((anchor) => svg("text", { class: "label", "text-anchor": anchor, y: HEIGHT - 4 }));
  #draw = () => this.#redraw();

  /**
   * @param {string} name
   * @param {string} title
   */
  constructor(name, title) {
    this.name = name;
    this.title = element("h3", {}, title);
    this.value = element("output", { class: "reading" });
    const attributes = { class: "chart", tabindex: "0", role: "img", "data-chart": name };
    this.svg = svg("svg", attributes, ...this.#lines, this.#area, this.#line, this.#rule, this.#mark, ...this.#labels, ...this.#times);
    this.empty = element("p", { class: "empty" }, "No samples yet.");
    this.table = new Table({
      name,
      caption: title,
      empty: "No samples yet.",
      key: (point) => String(point.time),
      sort: "-time",
      columns: [
        { key: "time", title: "Time", value: (point) => point.time, text: (point) => this.#stamp(point.time), words: true },
        { key: "value", title: "Value", value: (point) => point.value, text: (point) => round(point.value) },
      ],
    });
    this.table.root.hidden = true;
    this.toggle = button("Table", { class: "quiet", "aria-pressed": "false", "aria-label": `${title} as a table` }, () => this.#flip());
    const head = element("div", { class: "chart-head" }, this.title, this.value, this.toggle);
    this.root = element("figure", { class: "chart-figure" }, head, this.svg, this.empty, this.table.root);
    const resized = (/** @type {ResizeObserverEntry[]} */ [{ contentRect }]) => {
      this.#width = contentRect.width;
      schedule(this.#draw);
    };
    new ResizeObserver(resized).observe(this.svg);
    this.svg.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => this.#point(event));
    this.svg.addEventListener("pointerleave", () => this.#at(-1));
    this.svg.addEventListener("blur", () => this.#at(-1));
    this.svg.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#step(event));
  }

  /**
   * @param {Point[]} points oldest first, Unix seconds
   * @param {string} unit
   */
  show(points, unit) {
    const read = this.#points[this.#cursor]?.time;
    this.#points = thinned(points, MOST_POINTS);
    this.#unit = unit;
    this.#cursor = this.#points.findIndex(({ time }) => time === read);
    this.table.show(points);
    this.#redraw();
  }

  #flip() {
    const isTable = this.table.root.hidden;
    this.table.root.hidden = !isTable;
    this.svg.classList.toggle("away", isTable);
    this.toggle.setAttribute("aria-pressed", String(isTable));
  }

  #redraw() {
    const points = this.#points;
    this.empty.hidden = points.length > 0;
    setAttribute(this.svg, "data-points", String(points.length));
    this.#read(points.length - 1);
    if (this.#width < 2 * LEFT || points.length === 0) return;
    setAttribute(this.svg, "viewBox", `0 0 ${this.#width} ${HEIGHT}`);
    const least = points.reduce((least, { value }) => Math.min(least, value), 0);
    const most = points.reduce((most, { value }) => Math.max(most, value), 0);
    this.#bottom = least < 0 ? -niceTop(-least) : 0;
    this.#top = least < 0 && most === 0 ? 0 : niceTop(most);
    LINES.forEach((share, index) => {
      const value = this.#bottom + share * (this.#top - this.#bottom);
      const y = String(this.#y(value));
      for (const [name, value] of Object.entries({ x1: String(LEFT), x2: String(this.#width), y1: y, y2: y })) {
        setAttribute(this.#lines[index], name, value);
      }
      setAttribute(this.#labels[index], "y", String(this.#y(value) + 4));
      setText(this.#labels[index], round(value));
    });
    const line = points.map(({ time, value }) => `${this.#x(time).toFixed(1)} ${this.#y(value).toFixed(1)}`).join("L");
    const floor = this.#y(0);
    // A line of no length is a dot, for a single point.
    this.#line.setAttribute("d", `M${line}h0`);
    this.#area.setAttribute("d", `M${line}L${this.#x(points[points.length - 1].time)} ${floor}L${this.#x(points[0].time)} ${floor}Z`);
    [points[0], points[points.length - 1]].forEach(({ time }, index) => {
      setAttribute(this.#times[index], "x", String(index ? this.#width : LEFT));
      setText(this.#times[index], points.length > 1 || index ? this.#stamp(time) : "");
    });
    this.#at(this.#cursor);
  }

  /** @param {number} time */
  #x(time) {
    const [first, last] = [this.#points[0].time, this.#points[this.#points.length - 1].time];
    return LEFT + ((time - first) / (last - first || 1)) * (this.#width - LEFT - 4);
  }

  /** @param {number} value */
  #y(value) {
    const share = (value - this.#bottom) / (this.#top - this.#bottom);
    return HEIGHT - BELOW - share * (HEIGHT - BELOW - ABOVE);
  }

  /**
   * A time, with the day where several are shown.
   * @param {number} time
   */
  #stamp(time) {
    const isLong = this.#points[this.#points.length - 1].time - this.#points[0].time > DAY_S;
    return isLong ? day(time) : clock(time);
  }

  /** @param {PointerEvent} event */
  #point(event) {
    const x = event.clientX - this.svg.getBoundingClientRect().left;
    let nearest = -1;
    this.#points.forEach(({ time }, index) => {
      const distance = Math.abs(this.#x(time) - x);
      if (nearest < 0 || distance < Math.abs(this.#x(this.#points[nearest].time) - x)) nearest = index;
    });
    this.#at(nearest);
  }

  /** @param {KeyboardEvent} event */
  #step(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (!step) return;
    event.preventDefault();
    const last = this.#points.length - 1;
    const from = this.#cursor < 0 ? last : this.#cursor;
    this.#at(Math.max(0, Math.min(last, from + step)));
  }

  /** @param {number} index of the point under the cursor, or -1 */
  #at(index) {
    this.#cursor = index;
    const point = this.#points[index];
    for (const part of [this.#mark, this.#rule]) setAttribute(part, "visibility", point ? "visible" : "hidden");
    if (point) {
      const x = this.#x(point.time).toFixed(1);
      setAttribute(this.#mark, "cx", x);
      setAttribute(this.#mark, "cy", this.#y(point.value).toFixed(1));
      setAttribute(this.#rule, "x1", x);
      setAttribute(this.#rule, "x2", x);
    }
    this.#read(point ? index : this.#points.length - 1);
  }

  /** Tells a value in words. @param {number} index */
  #read(index) {
    const point = this.#points[index];
    const text = point ? `${round(point.value)} ${this.#unit}`.trim() : "";
    const isOld = point && this.#cursor >= 0;
    // Read out while somebody reads points, and not with each new one.
    setAttribute(this.value, "aria-live", isOld ? "polite" : "off");
    setText(this.value, isOld ? `${text} at ${this.#stamp(point.time)}` : text);
    const label = `${this.title.textContent}: ${text || "no samples"}, ${this.#points.length} points; arrows read them`;
    setAttribute(this.svg, "aria-label", label);
  }
}

/**
 * A round number that is at least so large, for the top of an axis.
 * @param {number} value
 */
export function niceTop(value) {
  if (!(value > 0)) return 1;
  const size = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 4, 5, 10].find((step) => step * size >= value) ?? 10;
  return step * size;
}
