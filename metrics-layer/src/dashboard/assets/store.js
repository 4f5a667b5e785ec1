// Everything the page shows, in one place. What comes from the server is written by `update` alone; panels only read.

import { Derived } from "./derived.js";
import { measured } from "./frame.js";
import { PULSE } from "./origins.js";
import { Signal, computed } from "./signal.js";

/**
 * @typedef {"connecting" | "live" | "polling" | "reconnecting" | "disabled" | "refused" | "unauthorised"} Connection
 *
 * @typedef {object} State what the server told last, each in the shape of the endpoint that it comes from
 * @property {Connection} connection
 * @property {number} retryAt when the next attempt is made, as `Date.now()` counts; 0 when none is due
 * @property {import("#models").MetricsSnapshot | null} snapshot `api/metrics`
 * @property {import("#models").Own | null} own `api/metrics/self`
 * @property {import("#models").FunctionList | null} functions `api/metrics/functions`
 * @property {import("#models").RouteList | null} routes `api/metrics/routes`
 * @property {import("#models").NotableRequests | null} requests `api/metrics/requests`
 * @property {import("#models").ThroughputMetrics | null} throughput `api/metrics/throughput`
 * @property {import("#models").QueueList | null} queues `api/metrics/queues`
 * @property {import("#models").PoolList | null} pools `api/metrics/pools`
 * @property {import("#models").ErrorList | null} errors `api/metrics/errors`
 * @property {import("#models").Performance | null} performance `admin/performance/json?blocks=all`
 * @property {import("#models").CollectionMetrics | null} collection `metrics`
 * @property {import("#models").CollectionSummary | null} summary `metrics/summary`
 * @property {import("#models").AlertRules | null} rules `metrics/alerts/rules`
 * @property {import("#models").AlertEvents | null} events `metrics/alerts/events`
 * @property {import("./collectors.js").Rendering | null} rendering what the page's own collectors measured (F-01 to F-08); it never leaves the page
 */

/** The name of the measurement that each update leaves for a PerformanceObserver. */
export const UPDATE = "metrics-update";

/** What did not come yet. @returns {Signal<any>} */
const none = () => new Signal(null);

/** @type {{ [Name in keyof State]: Signal<State[Name]> }} */
const signals = {
  connection: new Signal(/** @type {Connection} */ ("connecting")),
  retryAt: new Signal(0),
  snapshot: none(),
  own: none(),
  functions: none(),
  routes: none(),
  requests: none(),
  throughput: none(),
  queues: none(),
  pools: none(),
  errors: none(),
  performance: none(),
  collection: none(),
  summary: none(),
  rules: none(),
  events: none(),
  rendering: none(),
};

const derived = new Derived();
const isPaused = new Signal(false);

/** @type {Partial<State>} */
let heldBack = {};

/**
 * The one entry for all that is shown: writes what the change names and tells those who read it.
 *
 * While the page is paused, data waits; how the connection is does not, nor does what never came before.
 * @param {Partial<State>} change
 */
export function update(change) {
  if (!isPaused.value) return write(change);
  const { connection = signals.connection.value, retryAt = signals.retryAt.value, ...data } = change;
  Object.assign(heldBack, data);
  const isFirst = (/** @type {string} */ name) => signals[/** @type {keyof State} */ (name)].value === null;
  const first = Object.fromEntries(Object.entries(data).filter(([name]) => isFirst(name)));
  write({ connection, retryAt, ...first });
}

/** @param {Partial<State>} change */
function write(change) {
  measured(UPDATE, () => {
    // Before the panels hear of the snapshot, as they read both.
    if (change.throughput) derived.tell("errors", change.throughput.error_rate_percent);
    if (change.summary) derived.tell("process", change.summary.memory_mb);
    if (change.performance) derived.tellBlocks(change.performance);
    if (change.snapshot) derived.add(change.snapshot, signals.snapshot.value);
    else if (PULSE && PULSE !== "snapshot" && change[PULSE]) derived.addTold(Date.now() / 1000);
    for (const [name, value] of Object.entries(change)) {
      /** @type {Signal<any>} */ (signals[/** @type {keyof State} */ (name)]).set(value);
    }
  });
}

/**
 * Holds what comes back, or shows the latest of it.
 * @param {boolean} paused
 */
export function setPaused(paused) {
  isPaused.set(paused);
  if (paused) return;
  const latest = heldBack;
  heldBack = {};
  write(latest);
}

/** What panels read. */
export const store = {
  ...signals,
  isPaused,
  derived,
  /** Points a second through all nodes (N-15). */
  totalPointsPerSec: computed(signals.snapshot, (snapshot) => sum(snapshot?.dag.nodes ?? [])),
  /** The node with the highest mean time, or null (N-15). */
  worstNodeLatency: computed(signals.snapshot, (snapshot) => worst(snapshot?.dag.nodes ?? [])),
};

/** @param {any[]} nodes */
function sum(nodes) {
  return nodes.reduce((total, node) => total + node.throughput_pps, 0);
}

/** @param {any[]} nodes */
function worst(nodes) {
  return nodes.reduce((a, b) => (a && a.avg_exec_ms >= b.avg_exec_ms ? a : b), null);
}
