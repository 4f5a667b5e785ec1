// The WebSocket topics.

import { named, number, words } from "../columns.js";
import { bytes, count, fixed } from "../format.js";
import { Panel } from "../panel.js";
import { store } from "../store.js";
import { Table } from "../table.js";

class WebsocketPanel extends Panel {
  #table = new Table({
    name: "topics",
    caption: "WebSocket topics",
    empty: "No topic yet.",
    key: (topic) => topic.name,
    columns: [
      words("topic", "Topic", (topic) => topic.name),
      number("messages_per_sec", "Msg/s", (value) => fixed(value, 1), 5.5),
      number("bytes_per_sec", "Bytes/s", bytes, 6.5),
      number("active_connections", "Clients", count, 5.5),
      number("total_messages", "Messages", count, 7),
      number("total_bytes", "Bytes", bytes, 6.5),
    ],
  });

  families = /** @type {const} */ (["api"]);
  reads = [store.snapshot];
  tables = [this.#table];

  build() {
    this.heading("WebSocket", this.#table.field);
    this.append(this.#table.root);
  }

  draw() {
    const websocket = store.snapshot.value?.websocket;
    if (!websocket) return;
    this.note(`${count(websocket.total_connections)} connections`);
    this.#table.show(named(websocket.topics));
  }
}

customElements.define("websocket-panel", WebsocketPanel);
