// Gauges of numbers whose last minutes the page keeps.

import { element } from "./dom.js";
import { round } from "./format.js";
import { openHistory } from "./history-dialog.js";
import "./metric-gauge.js";
import { store } from "./store.js";

/** @typedef {import("./metric-gauge.js").MetricGauge} MetricGauge */

/**
 * A gauge that shows its last minutes when it is pressed, if the page keeps them.
 * @param {string} name
 * @param {string} [series] in the history of the page
 * @param {string} [unit] of the series
 * @returns {MetricGauge}
 */
export function gauge(name, series, unit = "") {
  const made = element("metric-gauge", { name, "data-metric": name.toLowerCase().replaceAll(" ", "-") });
  if (series) made.press = () => openHistory(name, unit, () => store.derived.history.points(series));
  return made;
}

/**
 * Shows a number with its line and its rolling average.
 * @param {MetricGauge} gauge
 * @param {string} series
 * @param {string} unit
 * @param {string} note
 * @param {number} [top]
 */
export function flow(gauge, series, unit, note, top) {
  const { history } = store.derived;
  const points = history.points(series);
  gauge.show(round(points.at(-1)?.value), unit, note);
  gauge.showLine(points, top);
  gauge.showRolling(`⌀ ${round(history.rolling(series))}`);
}
