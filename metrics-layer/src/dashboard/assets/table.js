// A table of any number of rows, of which only those in view are in the page. Rows have one height.

import { choice } from "./address.js";
import { element, setAttribute, setText } from "./dom.js";
import { schedule } from "./frame.js";

/** Rows above and below those in view, so that scrolling shows no gap. */
const SPARE_ROWS = 6;

/** Rows before the first look at how many fit. */
const FIRST_ROWS = 24;

/** The least width of a column that takes what is left. */
const FREE_EM = 12;

/**
 * @typedef {object} Column
 * @property {string} key its name in exports and addresses
 * @property {string} title
 * @property {(row: any) => string | number} value what is sorted, filtered and exported
 * @property {(row: any) => string} [text] what is shown, unless it is the value
 * @property {string} [hint]
 * @property {boolean} [words] whether it is text: aligned left, looked through by the filter
 * @property {number} [width] in em
 * @property {(row: any) => string} [tag] a label after the text
 * @property {(row: any) => number} [share] 0 to 1, a line below the number
 * @property {(row: any) => string | undefined} [level] what colours it
 *
 * @typedef {object} Options
 * @property {string} name in addresses and names of files
 * @property {string} caption
 * @property {string} empty what to say while there are no rows
 * @property {Column[]} columns
 * @property {(row: any) => string} key
 * @property {string} [sort] the key of the column that sorts at first, behind `-` from the greatest on
 * @property {(key: string) => void} [select] what choosing a row does
 */

export class Table {
  /** @type {any[]} */
  #rows = [];
  /** Those that pass the filter, in order. @type {any[]} */
  #shown = [];
  /** @type {ReturnType<Table["make"]>[]} */
  #pool = [];
  #body = element("tbody");
  #above = element("tr", { class: "spacer", "aria-hidden": "true" });
  #below = element("tr", { class: "spacer", "aria-hidden": "true" });
  #rowHeight = 0;
  /** Where the rows are scrolled to, and how much of them is in view: asked for while drawing, both would have to be laid
   * out first. */
  #top = 0;
  #height = 0;
  #selected = "";
  #isHeld = false;
  #draw = () => this.#fill();

  /** @param {Options} options */
  constructor(options) {
    this.options = options;
    this.sort = choice(`sort-${options.name}`);
    this.filter = choice(`filter-${options.name}`);
    this.empty = element("p", { class: "empty" }, options.empty);
    this.table = element("table", {}, element("caption", {}, options.caption), this.#columns(), this.#head());
    this.table.append(this.#body);
    const wide = options.columns.reduce((sum, { width }) => sum + (width ?? FREE_EM), 0);
    this.table.style.minWidth = `${wide}em`;
    // A region that scrolls must be reachable by keyboard.
    const attributes = { class: "scroller", tabindex: "0", role: "group", "aria-label": options.caption, hidden: true };
    this.scroller = element("div", attributes, this.table);
    this.root = element("div", { class: "table", "data-table": options.name }, this.scroller, this.empty);
    this.field = this.#filterField();
    this.#listen();
  }

  #columns() {
    const columns = this.options.columns.map(({ width }) => {
      const column = element("col");
      if (width) column.style.width = `${width}em`;
      return column;
    });
    return element("colgroup", {}, ...columns);
  }

  #head() {
    this.titles = this.options.columns.map((column) => {
      const sorter = element("button", { type: "button", title: column.hint ?? "" }, column.title);
      sorter.addEventListener("click", () => this.#sortBy(column));
      return element("th", { scope: "col", class: column.words ? "words" : "", "data-column": column.key }, sorter);
    });
    return element("thead", {}, element("tr", {}, ...this.titles));
  }

  #filterField() {
    const label = `Filter ${this.options.caption.toLowerCase()}`;
    const field = element("input", { type: "search", class: "filter", placeholder: "Filter", "aria-label": label });
    field.value = this.filter.value;
    field.addEventListener("input", () => this.filter.set(field.value));
    this.filter.subscribe((text) => {
      if (field.value !== text) field.value = text;
    });
    return field;
  }

  #listen() {
    const again = () => this.#arrange();
    this.sort.subscribe(again);
    this.filter.subscribe(again);
    const scrolled = () => {
      this.#top = this.scroller.scrollTop;
      schedule(this.#draw);
    };
    this.scroller.addEventListener("scroll", scrolled, { passive: true });
    const resized = (/** @type {ResizeObserverEntry[]} */ [{ contentRect }]) => {
      this.#height = contentRect.height;
      schedule(this.#draw);
    };
    new ResizeObserver(resized).observe(this.scroller);
    // Rows do not change places under a hand that is about to choose one, nor under the focus of somebody at the keys.
    this.#body.addEventListener("pointerenter", () => (this.#isHeld = true));
    this.#body.addEventListener("pointerleave", () => (this.#isHeld = false));
    this.#body.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      const row = /** @type {Element} */ (event.target).closest("tr[data-key]");
      if (row && this.options.select) this.options.select(/** @type {HTMLElement} */ (row).dataset.key ?? "");
    });
    this.scroller.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#move(event));
  }

  /** @param {Column} column */
  #sortBy(column) {
    const { key, descending } = this.#order();
    const first = column.words ? "" : "-";
    const other = descending ? "" : "-";
    this.sort.set(`${key === column.key ? other : first}${column.key}`);
  }

  #order() {
    const text = this.sort.value || this.options.sort || "";
    const descending = text.startsWith("-");
    return { key: descending ? text.slice(1) : text, descending };
  }

  /** @param {any[]} rows in the order in which they are shown unless a column sorts them */
  show(rows) {
    this.#rows = rows;
    const isHeld = this.#isHeld || this.#body.querySelector(":focus-visible");
    const order = isHeld ? new Map(this.#shown.map((row, place) => [this.options.key(row), place])) : null;
    this.#arrange(order);
  }

  /** @param {string} key of the row that is marked as chosen */
  mark(key) {
    if (this.#selected === key) return;
    this.#selected = key;
    schedule(this.#draw);
  }

  /**
   * Filters and sorts.
   * @param {Map<string, number> | null} held the places of rows that stay where they are
   */
  #arrange(held = null) {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const texts = this.options.columns.filter((column) => column.words);
    const passes = (/** @type {any} */ row) => {
      const text = texts.map((column) => `${column.value(row)} ${column.tag?.(row) ?? ""}`).join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    };
    let shown = words.length ? this.#rows.filter(passes) : [...this.#rows];
    const { key, descending } = this.#order();
    const column = this.options.columns.find((each) => each.key === key);
    if (held) {
      const place = (/** @type {any} */ row) => held.get(this.options.key(row)) ?? Infinity;
      shown.sort((a, b) => place(a) - place(b) || 0);
    } else if (column) {
      shown = sorted(shown, column, descending);
    }
    this.#shown = shown;
    this.titles?.forEach((title, index) => {
      const isIt = this.options.columns[index] === column;
      setAttribute(title, "aria-sort", isIt ? (descending ? "descending" : "ascending") : undefined);
    });
    this.#fill();
  }

  /** Brings the rows in view up to date. */
  #fill() {
    const { scroller } = this;
    const shown = this.#shown;
    scroller.hidden = shown.length === 0;
    this.empty.hidden = shown.length > 0;
    setText(this.empty, this.#rows.length ? "Nothing passes the filter." : this.options.empty);
    this.table.setAttribute("aria-rowcount", String(shown.length + 1));
    if (shown.length === 0) return;
    const [from, to] = this.#range(shown.length);
    const focused = this.#focusedKey();
    while (this.#pool.length < to - from) this.#pool.push(this.make());
    const rows = this.#pool.slice(0, to - from);
    rows.forEach((row, index) => this.#fillRow(row, shown[from + index], from + index));
    this.#above.style.height = `${from * this.#rowHeight}px`;
    this.#below.style.height = `${(shown.length - to) * this.#rowHeight}px`;
    const wanted = [this.#above, ...rows.map(({ tr }) => tr), this.#below];
    const isSame = this.#body.childNodes.length === wanted.length && wanted[1].parentNode === this.#body;
    if (!isSame) this.#body.replaceChildren(...wanted);
    if (focused !== undefined) this.#focus(focused);
    if (!this.#rowHeight) this.#measure(rows[0].tr);
  }

  /** The key of the row that has the focus. @returns {string | undefined} */
  #focusedKey() {
    const { activeElement } = document;
    const row = this.#body.contains(activeElement) ? activeElement?.closest("tr[data-key]") : null;
    return /** @type {HTMLElement | null} */ (row)?.dataset.key;
  }

  /**
   * Gives the focus to a row; if that is not in the page any more, to the table.
   * @param {string} key
   */
  #focus(key) {
    const row = this.#pool.find(({ tr }) => tr.isConnected && tr.dataset.key === key);
    const target = row?.tr.querySelector("button") ?? this.scroller;
    if (target !== document.activeElement) target.focus({ preventScroll: true });
  }

  /** @param {HTMLElement} tr */
  #measure(tr) {
    this.#rowHeight = tr.offsetHeight;
    if (this.#rowHeight) this.#fill();
  }

  /**
   * The rows in view, by place.
   * @param {number} length
   */
  #range(length) {
    if (!this.#rowHeight) return [0, Math.min(length, FIRST_ROWS)];
    const first = Math.floor(this.#top / this.#rowHeight) - SPARE_ROWS;
    const from = Math.max(0, Math.min(first, length - 1));
    const to = Math.min(length, from + Math.ceil(this.#height / this.#rowHeight) + 2 * SPARE_ROWS);
    return [from, to];
  }

  make() {
    const cells = this.options.columns.map((column, index) => {
      const isName = index === 0;
      const text = isName && this.options.select ? element("button", { type: "button", class: "name" }) : element("span");
      const attributes = { class: column.words ? "words" : "", ...(isName ? { scope: "row" } : {}) };
      const tag = column.tag ? element("span", { class: "tag" }) : null;
      const cell = element(isName ? "th" : "td", attributes, text, ...(tag ? [tag] : []));
      cell.dataset.column = column.key;
      return { cell, text, tag };
    });
    return { tr: element("tr", {}, ...cells.map(({ cell }) => cell)), cells };
  }

  /**
   * @param {ReturnType<Table["make"]>} row
   * @param {any} data
   * @param {number} place
   */
  #fillRow({ tr, cells }, data, place) {
    const key = this.options.key(data);
    setAttribute(tr, "data-key", key);
    setAttribute(tr, "aria-rowindex", String(place + 2));
    setAttribute(tr, "aria-current", key === this.#selected ? "true" : undefined);
    this.options.columns.forEach((column, index) => {
      const { cell, text, tag } = cells[index];
      const shown = column.text ? column.text(data) : String(column.value(data));
      if (text.textContent !== shown) {
        text.textContent = shown;
        if (column.words) cell.title = shown;
      }
      if (tag && column.tag) {
        setText(tag, column.tag(data));
        tag.hidden = tag.textContent === "";
      }
      if (column.share) cell.style.setProperty("--share", `${Math.round(column.share(data) * 100)}%`);
      if (column.level) setAttribute(cell, "data-level", column.level(data));
    });
  }

  /**
   * Arrows move from row to row, also to those that are not in the page yet.
   * @param {KeyboardEvent} event
   */
  #move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const row = /** @type {HTMLElement} */ (event.target).closest("tr[data-key]");
    if (!step || !row || !this.options.select) return;
    event.preventDefault();
    const place = Number(row.getAttribute("aria-rowindex")) - 2 + step;
    if (place < 0 || place >= this.#shown.length) return;
    const top = place * this.#rowHeight;
    const { scroller } = this;
    const room = scroller.clientHeight - 2 * this.#rowHeight;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top > scroller.scrollTop + room) scroller.scrollTop = top - room;
    this.#fill();
    const next = this.#pool.find(({ tr }) => tr.isConnected && Number(tr.getAttribute("aria-rowindex")) === place + 2);
    next?.tr.querySelector("button")?.focus({ preventScroll: true });
  }

  /** What is shown, for an export: the filtered rows in their order. */
  exported() {
    const { name, columns } = this.options;
    const rows = this.#shown.map((row) => columns.map((column) => column.value(row)));
    return { name, columns: columns.map((column) => column.key), rows };
  }
}

/**
 * Rows by a column; each is asked for its value once, as there may be thousands.
 * @param {any[]} rows
 * @param {Column} column
 * @param {boolean} descending
 */
function sorted(rows, column, descending) {
  const sign = descending ? -1 : 1;
  const keyed = rows.map((row) => ({ row, value: sortable(column.value(row)) }));
  keyed.sort((one, other) => (one.value === other.value ? 0 : one.value < other.value ? -sign : sign));
  return keyed.map(({ row }) => row);
}

/**
 * What is not known comes after all numbers when the greatest come first.
 * @param {string | number} value
 */
const sortable = (value) => (Number.isNaN(value) ? -Infinity : value);
