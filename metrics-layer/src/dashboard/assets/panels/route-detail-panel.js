// One route: how its requests ended, how long they took, and which were the slowest and the last to fail.

import { choice } from "../address.js";
import { bring } from "../api.js";
import { Bars } from "../bars.js";
import { number, words } from "../columns.js";
import { element } from "../dom.js";
import { Facts } from "../facts.js";
import { isAnswering } from "../feed.js";
import { bytes, clock, count, ms } from "../format.js";
import { Panel } from "../panel.js";
import { want } from "../sources.js";
import { store } from "../store.js";
import { Table } from "../table.js";

const PERIOD_MS = 2000;

class RouteDetailPanel extends Panel {
  /** `api/metrics/routes/histogram` of the route. @type {any} */
  #histogram = null;
  #selected = choice("route");
  #hint = element("p", { class: "empty" }, "Choose a route in the table.");
  #facts = new Facts();
  #bars = new Bars("route-histogram", "Durations since the start");
  #slowest = requests("slowest", "Slowest requests", "None of the slowest requests is of this route.");
  #errors = requests("last-errors", "Last errors", "No request of this route failed lately.");
  #detail = element("div", { class: "detail", hidden: true });

  families = /** @type {const} */ (["api"]);
  reads = [store.routes, store.requests, store.performance, this.#selected];
  tables = [this.#slowest, this.#errors, this.#bars.table];

  build() {
    this.heading("Route");
    this.#detail.append(this.#facts.root, this.#bars.root);
    this.#detail.append(element("h3", {}, "Slowest requests"), this.#slowest.root);
    this.#detail.append(element("h3", {}, "Last errors"), this.#errors.root);
    this.append(this.#hint, this.#detail);
    const isWanted = () => this.isSeen && this.#selected.value !== "";
    want("routes", isWanted);
    want("requests", isWanted);
    want("performance", isWanted);
    this.#selected.subscribe(() => this.#bring());
    setInterval(() => this.#bring(), PERIOD_MS);
  }

  #chosen() {
    const key = this.#selected.value;
    const space = key.indexOf(" ");
    return { key, method: key.slice(0, space), path: key.slice(space + 1) };
  }

  async #bring() {
    const { key, method, path } = this.#chosen();
    const isHeld = store.isPaused.value && this.#histogram?.key === key;
    if (!key || !this.isSeen || !isAnswering() || isHeld || document.hidden) return;
    const found = await bring("api", `api/metrics/routes/histogram?${new URLSearchParams({ method, path })}`);
    if (this.#selected.value !== key || found === undefined) return;
    this.#histogram = { key, buckets: found?.buckets ?? [] };
    this.changed();
  }

  draw() {
    const { key, method, path } = this.#chosen();
    const isIt = (/** @type {any} */ each) => each.method === method && each.path === path;
    this.#detail.hidden = !key;
    this.#hint.hidden = Boolean(key);
    this.note(key);
    if (!key) return;
    const stats = store.performance.value?.endpoints[key];
    this.#tell(store.routes.value?.routes.find(isIt), stats);
    this.#bars.show(this.#histogram?.key === key ? this.#histogram.buckets : []);
    this.#slowest.show(store.requests.value?.slowest.filter(isIt) ?? []);
    this.#errors.show(store.requests.value?.errors.filter(isIt) ?? []);
  }

  /**
   * @param {any} route of `api/metrics/routes`
   * @param {any} stats of `admin/performance/json`
   */
  #tell(route, stats) {
    const { ok, error, panicked, cancelled } = route?.outcomes ?? {};
    const codes = Object.entries(route?.status_codes ?? {}).map(([code, times]) => `${code} × ${count(times)}`);
    this.#facts.show([
      ["Handler", stats?.endpoint ?? "–"],
      ["Status codes", codes.join(", ") || "–"],
      ["Fastest", `${ms(stats?.min_ms)} ms`],
      ["Slowest", `${ms(stats?.max_ms)} ms`],
      ["Mean to the end", `${ms(route?.avg_total_ms)} ms`],
      ["In flight", count(route?.in_flight)],
      ["Ok", count(ok)],
      ["Failed", count(error)],
      ["Panicked", count(panicked)],
      ["Cancelled", count(cancelled)],
      ["Received", bytes(route?.request_bytes_total)],
      ["Sent", bytes(route?.response_bytes_total)],
    ]);
  }
}

/**
 * A table of single requests.
 * @param {string} name
 * @param {string} caption
 * @param {string} empty
 */
function requests(name, caption, empty) {
  return new Table({
    name,
    caption,
    empty,
    key: (request) => `${request.timestamp} ${request.duration_ms}`,
    columns: [
      number("timestamp", "Ended", clock, 7, { words: true }),
      number("duration_ms", "ms", ms, 6),
      number("status_code", "Status", (code) => String(code || "–"), 5),
      words("outcome", "Outcome", (request) => request.outcome, { width: 6 }),
    ],
  });
}

customElements.define("route-detail-panel", RouteDetailPanel);
