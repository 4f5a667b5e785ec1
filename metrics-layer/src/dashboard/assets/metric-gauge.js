// One value: a name, a number with its unit, a line below; with a bar and a word when it has a share of 100.

import { element, setText } from "./panel.js";

const LEVELS = ["healthy", "degraded", "critical"];

export class MetricGauge extends HTMLElement {
  connectedCallback() {
    if (this.firstChild) return;
    this.value = element("span", { class: "value" }, "–");
    this.badge = element("span", { class: "badge" });
    this.badge.hidden = true;
    this.bar = element("span", { class: "bar" });
    this.bar.hidden = true;
    this.line = element("span", { class: "line" });
    const name = element("span", { class: "name" }, this.getAttribute("name") ?? "", this.badge);
    const unit = element("span", { class: "unit" }, this.getAttribute("unit") ?? "");
    this.append(name, element("span", {}, this.value, unit), this.bar, this.line);
  }

  /** @param {string} value @param {string} [line] */
  show(value, line = "") {
    setText(this.value, value);
    setText(this.line, line);
  }

  /** Draws the bar. At `limits[0]` the value is degraded, at `limits[1]` critical. */
  measure(percent, limits) {
    const level = LEVELS[limits.filter((limit) => percent >= limit).length];
    this.bar.hidden = this.badge.hidden = false;
    this.dataset.level = level;
    setText(this.badge, level);
    this.bar.style.setProperty("--share", `${Math.min(Math.max(percent, 0), 100)}%`);
    this.bar.setAttribute("role", "meter");
    this.bar.setAttribute("aria-label", this.getAttribute("name") ?? "");
    this.bar.setAttribute("aria-valuemin", "0");
    this.bar.setAttribute("aria-valuemax", "100");
    this.bar.setAttribute("aria-valuenow", percent.toFixed(1));
  }
}

customElements.define("metric-gauge", MetricGauge);
