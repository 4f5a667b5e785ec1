// What the page's own collectors measured: how smoothly it draws. It never leaves the page.

import { number, words } from "../columns.js";
import { element } from "../dom.js";
import { Facts } from "../facts.js";
import { count, fixed, ms } from "../format.js";
import { Panel } from "../panel.js";
import { store } from "../store.js";
import { Table } from "../table.js";

class RenderingPanel extends Panel {
  #facts = new Facts();
  #empty = element("p", { class: "empty" }, "Nothing is measured yet.");
  #table = new Table({
    name: "sockets",
    caption: "WebSockets of this page",
    empty: "No frame came yet.",
    key: (topic) => topic.name,
    columns: [
      words("topic", "Topic", (topic) => topic.name),
      number("ws_frames_per_sec", "Frames/s", (value) => fixed(value, 1), 6),
      number("ws_parse_latency_ms", "Parse ms", ms, 6),
    ],
  });
  #measured = element("div", { hidden: true }, element("div", { class: "detail" }, this.#facts.root), this.#table.root);

  reads = [store.rendering];
  tables = [this.#table];

  build() {
    this.heading("Rendering");
    this.append(this.#empty, this.#measured);
  }

  draw() {
    const rendering = store.rendering.value;
    this.#empty.hidden = Boolean(rendering);
    this.#measured.hidden = !rendering;
    if (!rendering) return;
    this.#facts.show([
      ["Frames/s", fixed(rendering.fps, 1)],
      ["Drawing", `${ms(rendering.avg_render_ms)} ms`],
      ["Applying data", `${ms(rendering.avg_buffer_mutation_ms)} ms`],
      ["Long tasks", count(rendering.long_task_count)],
    ]);
    const { ws_frames_per_sec: frames = {}, ws_parse_latency_ms: parsing = {} } = rendering;
    const topics = Object.keys(frames).map((name) => ({
      name,
      ws_frames_per_sec: frames[name],
      ws_parse_latency_ms: parsing[name],
    }));
    this.#table.show(topics);
  }
}

customElements.define("rendering-panel", RenderingPanel);
