// What the library knows of its own work: that nothing is lost silently, and that its jobs run.

import { failures, named, number, words } from "../columns.js";
import { element } from "../dom.js";
import { Facts } from "../facts.js";
import { bytes, count, round } from "../format.js";
import { Panel } from "../panel.js";
import { want } from "../sources.js";
import { store } from "../store.js";
import { Table } from "../table.js";

class SelfPanel extends Panel {
  #facts = new Facts();
  #jobs = new Table({
    name: "jobs",
    caption: "Background jobs",
    empty: "No job runs.",
    key: (job) => job.name,
    columns: [
      words("job", "Job", (job) => job.name),
      number("period_ms", "Every ms", round, 6),
      number("age_ms", "Age ms", round, 5.5, { hint: "since the last turn ended" }),
      number("runs", "Turns", count, 6),
      failures("panics", "Panics", count),
    ],
  });

  families = /** @type {const} */ (["api"]);
  reads = [store.own];
  tables = [this.#jobs];

  build() {
    this.heading("Library");
    this.append(element("div", { class: "detail" }, this.#facts.root), this.#jobs.root);
    want("own", () => this.isSeen);
  }

  draw() {
    const own = store.own.value;
    if (!own) return;
    const { series, shards, shard_bytes, invalid_samples, overflowed, lost, recorder_panics, jobs } = own.self;
    this.note(`version ${own.version}`);
    this.#facts.show([
      ["Series", count(series)],
      ["Shards", count(shards)],
      ["Memory", bytes(shard_bytes)],
      ["Refused numbers", count(invalid_samples)],
      ["Beyond limits", count(overflowed)],
      ["Lost records", count(lost)],
      ["Caught panics", count(recorder_panics)],
    ]);
    this.#jobs.show(named(jobs));
  }
}

customElements.define("self-panel", SelfPanel);
