// A table whose rows are kept by key, so that an update touches only the cells that changed.

import { element, setText } from "./panel.js";

/**
 * @typedef {{
 *   title: string,
 *   text: (row: any) => string,
 *   hint?: string,
 *   words?: boolean,
 *   tag?: (row: any) => string,
 *   share?: (row: any) => number,
 *   alert?: (row: any) => boolean,
 * }} Column `words` aligns left; `tag` is a label after the text; `share` of 0..1 draws a bar; `alert` marks.
 */

export class Table {
  #columns;
  #rows = new Map();
  #body = element("tbody");
  #empty;

  /** The element to put into a page. */
  root;

  /**
   * @param {string} caption for readers who do not see the page
   * @param {string} empty what to say while there are no rows
   * @param {Column[]} columns
   */
  constructor(caption, empty, columns) {
    this.#columns = columns;
    this.#empty = element("p", { class: "empty" }, empty);
    const titles = columns.map((column) => {
      const title = element("th", { scope: "col", class: column.words ? "words" : "" }, column.title);
      if (column.hint) title.title = column.hint;
      return title;
    });
    const head = element("thead", {}, element("tr", {}, ...titles));
    const table = element("table", {}, element("caption", {}, caption), head, this.#body);
    // A region that scrolls must be reachable by keyboard.
    const scroller = element("div", { class: "scroller", tabindex: "0", role: "group", "aria-label": caption }, table);
    this.root = element("div", {}, scroller, this.#empty);
    scroller.hidden = this.#empty.hidden = true;
  }

  /** @param {{ key: string, kind?: string, data: any }[]} rows */
  show(rows) {
    const gone = new Set(this.#rows.keys());
    let place = this.#body.firstElementChild;
    for (const row of rows) {
      gone.delete(row.key);
      let shown = this.#rows.get(row.key);
      if (!shown) this.#rows.set(row.key, (shown = this.#make(row.kind)));
      this.#fill(shown, row.data);
      if (shown.tr === place) place = place.nextElementSibling;
      else this.#body.insertBefore(shown.tr, place);
    }
    for (const key of gone) {
      this.#rows.get(key).tr.remove();
      this.#rows.delete(key);
    }
    this.root.firstElementChild.hidden = rows.length === 0;
    this.#empty.hidden = rows.length > 0;
  }

  #make(kind) {
    const cells = this.#columns.map((column, index) => {
      const text = element("span");
      const cell =
        index === 0
          ? element("th", { scope: "row", class: "words" }, text)
          : element("td", { class: column.words ? "words" : "" }, text);
      const tag = column.tag && cell.appendChild(element("span", { class: "tag" }));
      return { cell, text, tag };
    });
    const tr = element("tr", { class: kind ?? "" }, ...cells.map(({ cell }) => cell));
    return { tr, cells };
  }

  #fill({ cells }, data) {
    this.#columns.forEach((column, index) => {
      const { cell, text, tag } = cells[index];
      setText(text, column.text(data));
      if (tag) {
        setText(tag, column.tag(data));
        tag.hidden = tag.textContent === "";
      }
      if (column.share) cell.style.setProperty("--share", `${Math.round(column.share(data) * 100)}%`);
      if (column.alert) cell.classList.toggle("alert", column.alert(data));
    });
  }
}
