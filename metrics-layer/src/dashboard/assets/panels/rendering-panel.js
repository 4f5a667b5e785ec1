// What the page's own collectors measured: how smoothly it draws. It never leaves the page.

import { number, words } from "../columns.js";
import { element } from "../dom.js";
import { Facts } from "../facts.js";
import { count, fixed, ms } from "../format.js";
import { Panel } from "../panel.js";
import { meter } from "../rendering.js";
import { store } from "../store.js";
import { Table } from "../table.js";

class RenderingPanel extends Panel {
  #facts = new Facts();
  #empty = element("p", { class: "empty" }, "Nothing is measured yet.");
  #sockets = new Table({
    name: "sockets",
    caption: "WebSockets of this page",
    empty: "No frame came yet.",
    key: (topic) => topic.name,
    columns: [
      words("topic", "Topic", (topic) => topic.name),
      number("ws_frames_per_sec", "Frames/s", count, 6),
      number("ws_bytes_per_sec", "Bytes/s", count, 6),
      number("ws_parse_latency_ms", "Parse ms", ms, 6),
    ],
  });
  #requests = new Table({
    name: "page-requests",
    caption: "Requests of this page",
    empty: "Nothing was asked for yet.",
    key: (request) => request.path,
    sort: "-calls",
    columns: [
      words("path", "Path", (request) => request.path),
      number("calls", "Calls", count, 5),
      number("errors", "Errors", count, 5),
      number("avg_ms", "Avg ms", ms, 6),
      number("last_ms", "Last ms", ms, 6),
    ],
  });
  #measured = element(
    "div",
    { hidden: true },
    element("div", { class: "detail" }, this.#facts.root),
    this.#sockets.root,
    this.#requests.root,
  );

  reads = [store.rendering];
  tables = [this.#sockets, this.#requests];

  /**
   * Frames are counted while somebody sees the numbers: each one counted is one that the browser has to make.
   * @param {boolean} isSeen
   */
  show(isSeen) {
    super.show(isSeen);
    if (isSeen) meter.frames.follow();
    else meter.frames.unfollow();
  }

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
      ["Long tasks", `${count(rendering.long_task_count)}/s, ${count(rendering.long_task_ms)} ms`],
    ]);
    const { ws_frames_per_sec, ws_bytes_per_sec, ws_parse_latency_ms } = rendering;
    const topics = Object.keys(ws_frames_per_sec).map((name) => ({
      name,
      ws_frames_per_sec: ws_frames_per_sec[name],
      ws_bytes_per_sec: ws_bytes_per_sec[name],
      ws_parse_latency_ms: ws_parse_latency_ms[name],
    }));
    this.#sockets.show(topics);
    this.#requests.show(Object.entries(rendering.requests).map(([path, request]) => ({ path, ...request })));
  }
}

customElements.define("rendering-panel", RenderingPanel);
