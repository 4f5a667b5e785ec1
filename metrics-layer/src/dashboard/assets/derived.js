// What follows from one snapshot and the one before: rates, and how nodes and numbers went.

import { blocks } from "./blocks.js";
import { History } from "./history.js";

/** Seconds after a sign of trouble during which a node counts as in trouble. */
const TROUBLE_S = 60;

/** A node that was not called for so long is idle. */
const IDLE_S = 60;

/** What another document told is true for so long: those that are looked at come every few seconds. */
const TOLD_MS = 10000;

/** What stands before the name of a watched route in the history of its p95. */
export const WATCHED = "watched ";

/**
 * @param {{ method: string, path: string }} route
 * @returns {string} as the endpoints of routes name it
 */
export const routeKey = (route) => `${route.method} ${route.path}`;

export class Derived {
  /** Numbers of the whole service. */
  history = new History();
  /** Mean time of each node, ms, by id. */
  nodeTimes = new History();
  /** Points a second of each node, by id. */
  nodeRates = new History();
  /** Requests a second, by route. @type {Map<string, number>} */
  requestRates = new Map();
  /** Requests so far, by route. @type {Map<string, number>} */
  #calls = new Map();
  /** @type {Map<string, Trouble>} */
  #troubles = new Map();
  /** What other documents told last, which goes into the history with snapshots. @type {Map<string, { value: number, at: number }>} */
  #told = new Map();

  /**
   * Keeps a number that another document told.
   * @param {string} series
   * @param {number} value
   */
  tell(series, value) {
    this.#told.set(series, { value, at: performance.now() });
  }

  /** What was told lately. @returns {[string, number][]} */
  #lately() {
    const since = performance.now() - TOLD_MS;
    return [...this.#told].filter(([, { at }]) => at > since).map(([series, { value }]) => [series, value]);
  }

  /** @param {import("#models").Performance} performance */
  tellBlocks(performance) {
    const { cache_hit_rate, database, resources, watched } = blocks(performance);
    this.tell("hit rate", cache_hit_rate);
    this.tell("queries", database.avg_per_request);
    if (resources) this.tell("host cpu", resources.cpu_percent);
    for (const { name, p95_latency_ms } of watched) this.tell(WATCHED + name, p95_latency_ms);
  }

  /**
   * A moment of what is told, where there are no snapshots.
   * @param {number} now Unix seconds
   */
  addTold(now) {
    this.history.push(now, this.#lately());
  }

  /**
   * @param {any} snapshot
   * @param {any} before the snapshot before it, or null
   */
  add(snapshot, before) {
    const { timestamp: now, dag, websocket, system } = snapshot;
    const seconds = before ? now - before.timestamp : 0;
    const requests = this.#addRoutes(snapshot.endpoints, seconds);
    const topics = /** @type {any[]} */ (Object.values(websocket.topics));
    const of = (/** @type {string} */ field) => topics.reduce((all, topic) => all + topic[field], 0);
    this.history.push(now, [
      ["requests", requests.rate],
      ["latency", requests.latency],
      ["points", dag.nodes.reduce((/** @type {number} */ all, /** @type {any} */ node) => all + node.throughput_pps, 0)],
      ["slowest", dag.nodes.reduce((/** @type {number} */ most, /** @type {any} */ node) => Math.max(most, node.avg_exec_ms), 0)],
      ["messages", of("messages_per_sec")],
      ["cpu", system.cpu_percent],
      ["memory", system.memory_percent],
      ["threads", system.thread_count],
      ["queue", system.queue_depth],
      ...this.#lately(),
    ]);
    this.#addNodes(now, dag.nodes);
  }

  /**
   * @param {any[]} routes
   * @param {number} seconds since the snapshot before; 0 when there was none
   */
  #addRoutes(routes, seconds) {
    const calls = new Map();
    const rates = new Map();
    let [answered, time] = [0, 0];
    for (const route of routes) {
      const key = routeKey(route);
      // Fewer than before: the service began anew.
      const more = seconds > 0 ? Math.max(0, route.calls_total - (this.#calls.get(key) ?? 0)) : 0;
      calls.set(key, route.calls_total);
      rates.set(key, seconds > 0 ? more / seconds : 0);
      answered += more;
      time += more * route.avg_latency_ms;
    }
    this.#calls = calls;
    this.requestRates = rates;
    return { rate: seconds > 0 ? answered / seconds : NaN, latency: answered > 0 ? time / answered : NaN };
  }

  /**
   * @param {number} now
   * @param {any[]} nodes
   */
  #addNodes(now, nodes) {
    this.nodeTimes.push(now, nodes.map((node) => [node.node_id, node.avg_exec_ms]));
    this.nodeRates.push(now, nodes.map((node) => [node.node_id, node.throughput_pps]));
    this.#troubles = new Map(nodes.map((node) => [node.node_id, trouble(node, now, this.#troubles.get(node.node_id))]));
  }

  /**
   * How a node is: critical for a minute after a failed call, degraded for a minute after a dropped input.
   * @param {any} node
   * @param {number} now
   * @returns {import("./level.js").Level}
   */
  levelOf(node, now) {
    const seen = this.#troubles.get(node.node_id);
    if (seen && now - seen.failedAt < TROUBLE_S) return "critical";
    if (seen && now - seen.droppedAt < TROUBLE_S) return "degraded";
    return now - node.last_seen_ts > IDLE_S ? "idle" : "healthy";
  }
}

/**
 * @typedef {{ errors: number, throttled: number, failedAt: number, droppedAt: number }} Trouble
 * @param {any} node
 * @param {number} now
 * @param {Trouble | undefined} before
 * @returns {Trouble}
 */
function trouble(node, now, before) {
  const [errors, throttled] = [node.errors, node.throttled_count];
  // Nothing was later than now, even if the clock was set back since.
  const at = (/** @type {boolean} */ isNew, last = -Infinity) => (isNew ? now : Math.min(last, now));
  return {
    errors,
    throttled,
    failedAt: at(before !== undefined && errors > before.errors, before?.failedAt),
    droppedAt: at(before !== undefined && throttled > before.throttled, before?.droppedAt),
  };
}
