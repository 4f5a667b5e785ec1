// The two lists of figures: what the page measures of itself, and what the service measures of its graph.

/** @param {number} digits */
const number = (digits) => new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const formats = [0, 1, 2].map(number);
/** @param {number} value @param {0 | 1 | 2} digits */
const fixed = (value, digits) => (Number.isFinite(value) ? formats[digits].format(value) : "–");

/** @typedef {[key: string, title: string, text: string, value?: number]} Line `value` is the number of `text` */

/** A list whose lines are kept, so that an update touches only what changed. */
export class Figures {
  #list;
  /** @type {Map<string, HTMLElement>} */
  #shown = new Map();

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
  }

  /** @param {Line[]} lines */
  show(lines) {
    for (const [key, title, text, value] of lines) {
      const line = this.#shown.get(key) ?? this.#add(key, title);
      if (line.textContent !== text) line.textContent = text;
      if (value !== undefined) line.dataset.value = String(value);
    }
  }

  /** @param {string} key @param {string} title */
  #add(key, title) {
    const term = document.createElement("dt");
    const line = document.createElement("dd");
    term.textContent = title;
    line.dataset.figure = key;
    this.#list.append(term, line);
    this.#shown.set(key, line);
    return line;
  }
}

/** @param {import("/dashboard/performance/collectors.js").Rendering} rendering @returns {Line[]} */
export function ofRendering(rendering) {
  /** @param {string} topic @param {string} title @returns {Line[]} */
  const socket = (topic, title) => [
    [`${topic}.frames`, title, `${fixed(rendering.ws_frames_per_sec[topic], 0)}/s`, rendering.ws_frames_per_sec[topic]],
    [`${topic}.bytes`, "their bytes", `${fixed(rendering.ws_bytes_per_sec[topic] / 1024, 0)} KiB/s`],
    [`${topic}.parse`, "reading one", `${fixed(rendering.ws_parse_latency_ms[topic], 2)} ms`],
  ];
  return [
    ["fps", "Frames", `${fixed(rendering.fps, 1)}/s`, rendering.fps],
    ["avg_render_ms", "Drawing", `${fixed(rendering.avg_render_ms, 2)} ms`],
    ["avg_buffer_mutation_ms", "Filling buffers", `${fixed(rendering.avg_buffer_mutation_ms, 2)} ms`],
    ["long_task_count", "Long tasks", `${fixed(rendering.long_task_count, 0)}/s`, rendering.long_task_count],
    ...socket("points", "Clouds"),
    ...socket("system_metrics", "Snapshots"),
  ];
}

/** Of the cloud that is shown. @param {import("./message.js").Cloud} cloud @returns {Line[]} */
export function ofCloud({ count, number, objects, time }) {
  return [
    ["points", "Points", fixed(count, 0), count],
    ["frame", "Frame", fixed(number, 0), number],
    ["objects", "Objects", fixed(objects, 0), objects],
    ["age", "Scan to screen", `${fixed(Date.now() - time * 1000, 0)} ms`],
  ];
}

/** Mean times of the nodes and what they come to. @param {import("#models").MetricsSnapshot} snapshot @returns {Line[]} */
export function ofBackend({ dag, system }) {
  /** @type {Line[]} */
  const nodes = dag.nodes.map((node) => {
    const { node_id, node_name, avg_exec_ms } = node;
    return [`node.${node_id}`, node_name, `${fixed(avg_exec_ms, 2)} ms`, avg_exec_ms];
  });
  const sum = dag.nodes.reduce((all, node) => all + node.avg_exec_ms, 0);
  return [
    ...nodes,
    ["nodes", "All nodes", `${fixed(sum, 2)} ms`, sum],
    ["cpu", "CPU", `${fixed(system.cpu_percent, 1)} %`, system.cpu_percent],
  ];
}
