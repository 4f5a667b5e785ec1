// The service and its host in a few numbers.

import { bytes, count, fixed, ms, short } from "../format.js";
import { flow, gauge } from "../gauges.js";
import { CPU_PERCENT, ERROR_PERCENT, MEMORY_PERCENT, latencyBounds, latencyWord, level, levelOfWord } from "../level.js";
import { Panel } from "../panel.js";
import { want } from "../sources.js";
import { store } from "../store.js";

const MB = 1024 * 1024;

class SystemPanel extends Panel {
  families = /** @type {const} */ (["api"]);
  reads = [store.snapshot, store.throughput, store.summary, store.own];
  #requests = gauge("Requests", "requests", "/s");
  #latency = gauge("Latency", "latency", "ms");
  #errors = gauge("Errors", "errors", "%");
  #points = gauge("Throughput", "points", "pts/s");
  #slowest = gauge("Slowest node", "slowest", "ms");
  #cpu = gauge("CPU", "cpu", "%");
  #memory = gauge("Memory", "memory", "%");
  #process = gauge("Process", "process", "MB");
  #queue = gauge("Queue depth", "queue", "");
  #messages = gauge("WebSocket", "messages", "msg/s");

  build() {
    this.strip("Overview", this.#requests, this.#latency, this.#errors, this.#points, this.#slowest);
    this.append(this.#cpu, this.#memory, this.#process, this.#queue, this.#messages);
    want("throughput", () => this.isSeen);
    want("summary", () => true);
    want("own", () => true);
  }

  draw() {
    const snapshot = store.snapshot.value;
    if (!snapshot) return;
    this.#traffic(snapshot);
    this.#graph(snapshot.dag.nodes);
    this.#host(snapshot.system);
    this.#own(snapshot.system);
  }

  /** @param {any} snapshot */
  #traffic({ endpoints, websocket }) {
    flow(this.#requests, "requests", "/s", `on ${count(endpoints.length)} routes`);
    const bounds = latencyBounds(store.own.value);
    const latency = store.derived.history.rolling("latency");
    flow(this.#latency, "latency", "ms", "to the response head");
    const word = Number.isFinite(latency) ? latencyWord(latency, bounds) : undefined;
    this.#latency.judge(word && levelOfWord(word), word);
    flow(this.#messages, "messages", "msg/s", `${count(websocket.total_connections)} connections`);
    const throughput = store.throughput.value;
    const minute = `of ${count(throughput?.requests_per_minute)} in the last minute`;
    flow(this.#errors, "errors", "%", minute);
    this.#errors.show(fixed(throughput?.error_rate_percent, 1), "%", minute);
    this.#errors.judge(throughput ? level(throughput.error_rate_percent, ERROR_PERCENT) : undefined);
  }

  /** @param {any[]} nodes */
  #graph(nodes) {
    flow(this.#points, "points", "pts/s", `through ${count(nodes.length)} nodes`);
    this.#points.show(short(store.totalPointsPerSec.value), "pts/s", `through ${count(nodes.length)} nodes`);
    const worst = store.worstNodeLatency.value;
    flow(this.#slowest, "slowest", "ms", worst?.node_name ?? "no node yet");
    this.#slowest.show(worst ? ms(worst.avg_exec_ms) : "–", "ms", worst?.node_name ?? "no node yet");
  }

  /** @param {any} system */
  #host(system) {
    flow(this.#cpu, "cpu", "%", "of the host", 100);
    this.#cpu.show(fixed(system.cpu_percent, 1), "%", "of the host");
    this.#cpu.measure(system.cpu_percent);
    this.#cpu.judge(level(system.cpu_percent, CPU_PERCENT));
    const of = `${bytes(system.memory_used_mb * MB)} of ${bytes(system.memory_total_mb * MB)}`;
    flow(this.#memory, "memory", "%", of, 100);
    this.#memory.show(fixed(system.memory_percent, 1), "%", of);
    this.#memory.measure(system.memory_percent);
    this.#memory.judge(level(system.memory_percent, MEMORY_PERCENT));
    flow(this.#queue, "queue", "", "waiting inputs");
    this.#queue.show(count(system.queue_depth), "", "waiting inputs");
  }

  /** @param {any} system */
  #own(system) {
    const summary = store.summary.value;
    const threads = `${count(system.thread_count)} threads`;
    const note = summary ? `${fixed(summary.cpu_percent, 1)} % CPU, ${threads}` : threads;
    flow(this.#process, "process", "MB", note);
  }
}

customElements.define("system-panel", SystemPanel);
