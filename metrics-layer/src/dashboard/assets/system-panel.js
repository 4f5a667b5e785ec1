// The host, and the graph in two numbers.

import { count, fixed, ms } from "./format.js";
import "./metric-gauge.js";
import { Panel, element } from "./panel.js";

// Degraded and critical from these percentages on.
const CPU_LIMITS = [70, 90];
const MEMORY_LIMITS = [80, 90];

class SystemPanel extends Panel {
  build() {
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", "System");
    const gauge = (name, unit) => this.appendChild(element("metric-gauge", { name, unit }));
    this.cpu = gauge("CPU", "%");
    this.memory = gauge("Memory", "%");
    this.threads = gauge("Threads", "");
    this.queue = gauge("Queue depth", "");
    this.points = gauge("Throughput", "pts/s");
    this.slowest = gauge("Slowest node", "ms");
  }

  draw({ snapshot }) {
    if (!snapshot) return;
    const { system, dag } = snapshot;
    this.cpu.show(fixed(system.cpu_percent, 1), "of the host");
    this.cpu.measure(system.cpu_percent, CPU_LIMITS);
    const [used, total] = [count(system.memory_used_mb), count(system.memory_total_mb)];
    this.memory.show(fixed(system.memory_percent, 1), `${used} of ${total} MB`);
    this.memory.measure(system.memory_percent, MEMORY_LIMITS);
    this.threads.show(count(system.thread_count), "of this process");
    this.queue.show(count(system.queue_depth), "waiting inputs");
    const points = dag.nodes.reduce((sum, node) => sum + node.throughput_pps, 0);
    this.points.show(count(points), `through ${count(dag.nodes.length)} nodes`);
    const slowest = dag.nodes.reduce((a, b) => (a && a.avg_exec_ms >= b.avg_exec_ms ? a : b), null);
    this.slowest.show(slowest ? ms(slowest.avg_exec_ms) : "–", slowest?.node_name ?? "no node yet");
  }
}

customElements.define("system-panel", SystemPanel);
