// How the collected series went: the samples of an hour or a day, and the averages of a week or a quarter.

import { choice } from "../address.js";
import { bring } from "../api.js";
import { Chart } from "../chart.js";
import { button, element } from "../dom.js";
import { isAnswering } from "../feed.js";
import { Panel } from "../panel.js";
import { want } from "../sources.js";
import { store } from "../store.js";

/** Where each series is in the document of samples; gauges of the application's own come after these. */
const SERIES = /** @type {const} */ ([
  { name: "request_latency", title: "Request latency", field: "latency" },
  { name: "memory_usage", title: "Process memory", field: "memory" },
  { name: "cpu_usage", title: "Process CPU", field: "cpu" },
  { name: "active_connections", title: "WebSocket connections", field: "websocket_active" },
]);

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

/** A period is that of the averages; without, samples are shown. @type {Record<string, { seconds: number, period: string }>} */
const RANGES = {
  "1h": { seconds: HOUR_S, period: "" },
  "24h": { seconds: DAY_S, period: "" },
  "7d": { seconds: 7 * DAY_S, period: "hourly" },
  "90d": { seconds: 90 * DAY_S, period: "daily" },
};
const FIRST = "1h";

/** More gauges of the application's own than these are left to the documents. */
const MOST_GAUGES = 8;

const PERIOD_MS = 30000;

class TrendsPanel extends Panel {
  /** @type {Map<string, Chart>} */
  #charts = new Map();
  /** By series, of the present range. @type {Map<string, any>} */
  #trends = new Map();
  #range = choice("range");
  #buttons = Object.keys(RANGES).map((range) =>
    button(range, { "data-range": range }, () => this.#range.set(range === FIRST ? "" : range)),
  );
  #grid = element("div", { class: "charts" });

  families = /** @type {const} */ (["metrics"]);
  reads = [store.collection, this.#range];

  build() {
    const ranges = element("div", { class: "ranges", role: "group", "aria-label": "Range" }, ...this.#buttons);
    this.heading("Trends", ranges);
    this.append(this.#grid);
    for (const { name, title } of SERIES) this.#chart(name, title);
    want("collection", () => this.isSeen);
    this.#range.subscribe(() => {
      this.#trends.clear();
      this.#bring();
    });
    setInterval(() => this.#bring(), PERIOD_MS);
  }

  /** @param {boolean} isSeen */
  show(isSeen) {
    super.show(isSeen);
    if (isSeen && this.#trends.size === 0) this.#bring();
  }

  /**
   * @param {string} name
   * @param {string} title
   */
  #chart(name, title) {
    let chart = this.#charts.get(name);
    if (!chart) {
      this.#charts.set(name, (chart = new Chart(`trend-${name}`, title)));
      this.#grid.append(chart.root);
      this.tables.push(chart.table);
    }
    return chart;
  }

  #chosen() {
    const range = this.#range.value;
    return RANGES[Object.hasOwn(RANGES, range) ? range : FIRST];
  }

  async #bring() {
    const range = this.#chosen();
    const isHeld = store.isPaused.value && this.#trends.size > 0;
    if (!range.period || !this.isSeen || !isAnswering() || isHeld || document.hidden) return;
    const asked = SERIES.map(({ name }) => bring("metrics", `metrics/trends?metric=${name}&period=${range.period}`));
    const trends = await Promise.all(asked);
    if (this.#chosen() !== range) return;
    SERIES.forEach(({ name }, index) => {
      if (trends[index] !== undefined) this.#trends.set(name, trends[index]);
    });
    this.changed();
  }

  draw() {
    const range = this.#chosen();
    for (const each of this.#buttons) {
      each.setAttribute("aria-pressed", String(RANGES[each.dataset.range ?? ""] === range));
    }
    const collection = store.collection.value;
    const since = (collection?.timestamp ?? 0) / 1000 - range.seconds;
    for (const { name, title, field } of SERIES) {
      const series = range.period ? averages(this.#trends.get(name)) : samples(collection?.[field]);
      this.#show(name, title, series, since);
    }
    // Nobody keeps averages of them.
    const gauges = range.period ? [] : Object.entries(collection?.gauges ?? {}).slice(0, MOST_GAUGES);
    for (const [name, gauge] of gauges) this.#show(name, name, samples(gauge), since);
    this.#keepOnly([...SERIES.map(({ name }) => name), ...gauges.map(([name]) => name)]);
    const seconds = (collection?.collection_interval_ms ?? 0) / 1000;
    this.note(range.period ? `${range.period} averages` : seconds ? `a sample every ${seconds} s` : "");
  }

  /**
   * @param {string} name
   * @param {string} title
   * @param {{ unit: string, points: import("../sparkline.js").Point[] }} series
   * @param {number} since Unix seconds
   */
  #show(name, title, { unit, points }, since) {
    this.#chart(name, title).show(points.filter(({ time }) => time >= since), unit);
  }

  /**
   * Hides all other charts, and empties them, as what is not seen is not exported.
   * @param {string[]} names
   */
  #keepOnly(names) {
    for (const [name, chart] of this.#charts) {
      const isGone = !names.includes(name);
      if (isGone && !chart.root.hidden) chart.show([], "");
      chart.root.hidden = isGone;
    }
  }
}

/** @param {any} series `SeriesMetrics` */
function samples(series) {
  const points = (series?.samples ?? []).map((/** @type {any} */ sample) => ({ time: sample.timestamp / 1000, value: sample.value }));
  return { unit: series?.unit ?? "", points };
}

/** @param {any} trend `TrendMetrics` */
function averages(trend) {
  const points = (trend?.buckets ?? []).map((/** @type {any} */ bucket) => ({ time: bucket.timestamp / 1000, value: bucket.average }));
  return { unit: trend?.unit ?? "", points };
}

customElements.define("trends-panel", TrendsPanel);
