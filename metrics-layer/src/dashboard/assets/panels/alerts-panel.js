// Alerts: the rules with what they do, and what happened.

import { number, words } from "../columns.js";
import { element } from "../dom.js";
import { count, day, round } from "../format.js";
import { levelOfWord } from "../level.js";
import { Panel } from "../panel.js";
import { want } from "../sources.js";
import { store } from "../store.js";
import { Table } from "../table.js";

/** @param {string} word such as `NO_DATA` */
const spoken = (word) => word.toLowerCase().replace("_", " ");

/**
 * A column of one of the words that alerts are told in.
 * @param {string} key
 * @param {string} title
 */
const state = (key, title) =>
  words(key, title, (row) => row[key], { text: (row) => spoken(row[key]), level: (row) => levelOfWord(row[key]), width: 8 });

class AlertsPanel extends Panel {
  #rules = new Table({
    name: "alerts",
    caption: "Alert rules",
    empty: "There are no alert rules.",
    key: (rule) => rule.alert,
    columns: [
      words("alert", "Alert", (rule) => rule.alert),
      state("state", "State"),
      number("value", "Value", round, 6),
      number("changes_total", "Changes", count, 6),
    ],
  });
  #events = new Table({
    name: "alert-events",
    caption: "Changes of alerts",
    empty: "No alert has changed yet.",
    key: (event) => String(event.number),
    columns: [
      words("alert", "Alert", (event) => event.alert),
      state("level", "Level"),
      number("value", "Value", round, 5),
      number("timestamp", "When", (time) => day(time / 1000), 9),
    ],
  });

  families = /** @type {const} */ (["metrics"]);
  reads = [store.rules, store.events, store.summary];
  tables = [this.#rules, this.#events];

  build() {
    this.heading("Alerts");
    this.append(this.#rules.root, element("h3", {}, "History"), this.#events.root);
    want("rules", () => this.isSeen);
    want("events", () => this.isSeen);
  }

  draw() {
    const active = store.summary.value?.active_alerts ?? [];
    this.note(active.length ? `${count(active.length)} active` : "none active");
    this.#rules.show(store.rules.value ?? []);
    this.#events.show([...(store.events.value ?? [])].reverse());
  }
}

customElements.define("alerts-panel", AlertsPanel);
