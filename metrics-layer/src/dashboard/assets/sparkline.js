// A small line without axes, for the shape of the last minutes.

import { setAttribute, svg } from "./dom.js";

const [WIDTH, HEIGHT] = [120, 28];

/** Points of a line that is wide enough to show it. */
const MOST_POINTS = 150;

/** @typedef {{ time: number, value: number }} Point */

export class Sparkline {
  #line = svg("path", { class: "line" });
  #area = svg("path", { class: "area" });

  constructor() {
    const attributes = { class: "sparkline", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" };
    this.root = svg("svg", attributes, this.#area, this.#line);
  }

  /**
   * @param {Point[]} points oldest first
   * @param {number} [top] the value at the top, at least
   */
  show(points, top = 0) {
    const some = thinned(points, MOST_POINTS);
    setAttribute(this.root, "data-points", String(some.length));
    if (some.length < 2) return [this.#line, this.#area].forEach((path) => path.removeAttribute("d"));
    const most = some.reduce((most, { value }) => Math.max(most, value), top) || 1;
    const [first, last] = [some[0].time, some[some.length - 1].time];
    const x = (/** @type {number} */ time) => (((time - first) / (last - first || 1)) * WIDTH).toFixed(1);
    const y = (/** @type {number} */ value) => (HEIGHT - 1 - (value / most) * (HEIGHT - 3)).toFixed(1);
    const line = some.map(({ time, value }) => `${x(time)} ${y(value)}`).join("L");
    this.#line.setAttribute("d", `M${line}`);
    this.#area.setAttribute("d", `M${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`);
  }
}

/**
 * At most so many points, each the mean of those that it stands for; the newest always stands for the same ones, so
 * that a line does not tremble while it moves.
 * @param {Point[]} points
 * @param {number} most
 */
export function thinned(points, most) {
  const step = Math.ceil(points.length / most);
  if (step <= 1) return points;
  const made = [];
  for (let end = points.length; end > 0; end -= step) {
    const part = points.slice(Math.max(0, end - step), end);
    const value = part.reduce((sum, point) => sum + point.value, 0) / part.length;
    made.push({ time: part[part.length - 1].time, value });
  }
  return made.reverse();
}
