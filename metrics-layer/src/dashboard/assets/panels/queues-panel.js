// The application's queues; not there while it has none.

import { number, words } from "../columns.js";
import { count, ms } from "../format.js";
import { Panel } from "../panel.js";
import { want } from "../sources.js";
import { store } from "../store.js";
import { Table } from "../table.js";

class QueuesPanel extends Panel {
  #table = new Table({
    name: "queues",
    caption: "Queues",
    empty: "No queue yet.",
    key: (queue) => queue.name,
    columns: [
      words("queue", "Queue", (queue) => queue.name),
      number("size", "Size", count, 6, { share: (queue) => queue.size / (queue.max_size || queue.size || 1) }),
      number("max_size", "Most", count, 6),
      number("avg_wait_ms", "Avg wait ms", ms, 7),
      number("last_wait_ms", "Last wait ms", ms, 7),
    ],
  });

  reads = [store.queues];
  tables = [this.#table];

  build() {
    this.heading("Queues", this.#table.field);
    this.append(this.#table.root);
    // A panel that is hidden is not seen, and has to be asked for all the same.
    this.hidden = true;
    want("queues", () => this.hidden || this.isSeen);
    store.queues.subscribe((document) => (this.hidden = !document?.queues?.length));
  }

  draw() {
    const queues = store.queues.value?.queues ?? [];
    this.note(count(queues.length));
    this.#table.show(queues);
  }
}

customElements.define("queues-panel", QueuesPanel);
