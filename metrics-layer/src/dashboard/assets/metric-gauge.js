// One number: its value, how good it is, its rolling average, and how it went. Pressed, it shows all of that at length.

import { element, setAttribute, setText } from "./dom.js";
import { Sparkline } from "./sparkline.js";

export class MetricGauge extends HTMLElement {
  #value = element("span", { class: "value", "data-value": "" });
  #unit = element("span", { class: "unit" });
  #badge = element("span", { class: "badge" });
  #note = element("span", { class: "line" });
  #rolling = element("span", { class: "rolling", title: "Mean of the last minute" });
  #bar = element("span", { class: "bar", hidden: true });
  #line = new Sparkline();

  /** What pressing it does, if anything. @type {(() => void) | null} */
  press = null;

  connectedCallback() {
    if (this.firstChild) return;
    const name = element("span", { class: "name" }, this.getAttribute("name") ?? "");
    const top = element("span", { class: "top" }, name, this.#badge);
    const number = element("span", { class: "number" }, this.#value, this.#unit);
    const foot = element("span", { class: "foot" }, this.#note, this.#rolling);
    const parts = [top, number, this.#bar, this.#line.root, foot];
    const frame = element(this.press ? "button" : "div", { class: "frame", ...(this.press ? { type: "button" } : {}) }, ...parts);
    frame.addEventListener("click", () => this.press?.());
    this.append(frame);
  }

  /**
   * @param {string} value
   * @param {string} unit
   * @param {string} note
   */
  show(value, unit, note) {
    setText(this.#value, value);
    setAttribute(this.#value, "data-value", value);
    setText(this.#unit, unit);
    setText(this.#note, note);
    setAttribute(this.#note, "title", note);
  }

  /** @param {string} text the rolling average */
  showRolling(text) {
    setText(this.#rolling, text);
  }

  /**
   * @param {import("./sparkline.js").Point[]} points
   * @param {number} [top]
   */
  showLine(points, top) {
    this.#line.show(points, top);
  }

  /**
   * A bar of 0 to 100 percent.
   * @param {number} percent
   */
  measure(percent) {
    this.#bar.hidden = false;
    this.#bar.style.setProperty("--share", `${Math.min(100, Math.max(0, percent))}%`);
  }

  /**
   * @param {import("./level.js").Level | undefined} level
   * @param {string} [word] unless it is the level itself
   */
  judge(level, word = level ?? "") {
    setAttribute(this, "data-level", level);
    setText(this.#badge, word);
  }
}

customElements.define("metric-gauge", MetricGauge);
