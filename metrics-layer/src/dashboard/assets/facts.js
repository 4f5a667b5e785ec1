// Names and values, two by two.

import { element, setText } from "./dom.js";

export class Facts {
  root = element("dl", { class: "facts" });
  /** @type {{ name: HTMLElement, value: HTMLElement, row: HTMLElement }[]} */
  #rows = [];

  /** @param {[string, string][]} facts always as many, or nearly */
  show(facts) {
    while (this.#rows.length < facts.length) {
      const [name, value] = [element("dt"), element("dd")];
      const row = element("div", {}, name, value);
      this.root.append(row);
      this.#rows.push({ name, value, row });
    }
    this.#rows.forEach(({ name, value, row }, index) => {
      row.hidden = index >= facts.length;
      if (row.hidden) return;
      setText(name, facts[index][0]);
      setText(value, facts[index][1]);
      value.title = facts[index][1];
    });
  }
}
