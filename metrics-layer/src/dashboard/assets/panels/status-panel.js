// What the extensions of the service are doing, and its errors by type; not there while it has neither.

import { number, words } from "../columns.js";
import { count } from "../format.js";
import { levelOfWord } from "../level.js";
import { Panel } from "../panel.js";
import { want } from "../sources.js";
import { store } from "../store.js";
import { Table } from "../table.js";

class StatusPanel extends Panel {
  #statuses = new Table({
    name: "statuses",
    caption: "Statuses",
    empty: "No status yet.",
    key: (extension) => extension.name,
    columns: [
      words("extension", "Extension", (extension) => extension.name),
      words("status", "Status", (extension) => extension.status, { level: (extension) => levelOfWord(extension.status), width: 9 }),
    ],
  });
  #errors = new Table({
    name: "errors",
    caption: "Errors by type",
    empty: "No error yet.",
    key: (error) => error.type,
    sort: "-count",
    columns: [words("type", "Error", (error) => error.type), number("count", "Count", count, 7)],
  });

  reads = [store.collection, store.errors];
  tables = [this.#statuses, this.#errors];

  build() {
    this.heading("Statuses and errors", this.#statuses.field);
    this.append(this.#statuses.root, this.#errors.root);
    // A panel that is hidden is not seen, and has to be asked for all the same.
    for (const name of /** @type {const} */ (["collection", "errors"])) {
      want(name, () => this.hidden || this.isSeen);
      this.hideUnless(/** @type {import("../signal.js").Signal<any>} */ (store[name]), () => this.#all().some((list) => list.length > 0));
    }
  }

  /** @returns {any[][]} */
  #all() {
    const statuses = Object.entries(store.collection.value?.extensions ?? {});
    return [statuses.map(([name, status]) => ({ name, status })), store.errors.value?.errors ?? []];
  }

  draw() {
    const [statuses, errors] = this.#all();
    this.#statuses.show(statuses);
    this.#errors.show(errors);
    this.#statuses.root.hidden = statuses.length === 0;
    this.#errors.root.hidden = errors.length === 0;
  }
}

customElements.define("status-panel", StatusPanel);
