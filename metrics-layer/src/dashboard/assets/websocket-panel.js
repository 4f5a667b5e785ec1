// The WebSocket topics.

import { count, fixed } from "./format.js";
import { Panel, setText } from "./panel.js";
import { Table } from "./table.js";

class WebsocketPanel extends Panel {
  build() {
    this.note = this.heading("WebSocket topics");
    this.table = new Table("WebSocket topics", "No topic yet.", [
      { title: "Topic", text: (row) => row.name, words: true },
      { title: "Messages/s", text: (row) => fixed(row.messages_per_sec, 1) },
      { title: "Bytes/s", text: (row) => count(row.bytes_per_sec) },
      { title: "Connections", text: (row) => count(row.active_connections) },
      { title: "Messages", text: (row) => count(row.total_messages) },
      { title: "Bytes", text: (row) => count(row.total_bytes) },
    ]);
    this.append(this.table.root);
  }

  draw({ snapshot }) {
    if (!snapshot) return;
    const topics = Object.entries(snapshot.websocket.topics);
    setText(this.note, `${count(snapshot.websocket.total_connections)} connections`);
    this.table.show(topics.map(([name, topic]) => ({ key: name, data: { name, ...topic } })));
  }
}

customElements.define("websocket-panel", WebsocketPanel);
