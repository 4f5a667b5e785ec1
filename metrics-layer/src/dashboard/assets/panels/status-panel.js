// What the extensions of the service are doing; not there while it has none.

import { words } from "../columns.js";
import { count } from "../format.js";
import { levelOfWord } from "../level.js";
import { Panel } from "../panel.js";
import { want } from "../sources.js";
import { store } from "../store.js";
import { Table } from "../table.js";

class StatusPanel extends Panel {
  #table = new Table({
    name: "statuses",
    caption: "Statuses",
    empty: "No status yet.",
    key: (extension) => extension.name,
    columns: [
      words("extension", "Extension", (extension) => extension.name),
      words("status", "Status", (extension) => extension.status, { level: (extension) => levelOfWord(extension.status), width: 9 }),
    ],
  });

  reads = [store.collection];
  tables = [this.#table];

  build() {
    this.heading("Statuses", this.#table.field);
    this.append(this.#table.root);
    // A panel that is hidden is not seen, and has to be asked for all the same.
    this.hidden = true;
    want("collection", () => this.hidden || this.isSeen);
    store.collection.subscribe((document) => (this.hidden = Object.keys(document?.extensions ?? {}).length === 0));
  }

  draw() {
    const extensions = Object.entries(store.collection.value?.extensions ?? {});
    this.note(count(extensions.length));
    this.#table.show(extensions.map(([name, status]) => ({ name, status })));
  }
}

customElements.define("status-panel", StatusPanel);
