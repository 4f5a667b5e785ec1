// What all panels share: a heading, and drawing at most once a frame, and only while the page is visible.

import { subscribe } from "./store.js";

/**
 * An element with text and attributes. Text never becomes markup.
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Sets a node's text unless it is that already: an unchanged node costs the browser nothing. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export class Panel extends HTMLElement {
  #state = null;
  #frame = 0;
  #leave = null;

  connectedCallback() {
    if (!this.firstChild) this.build();
    this.#leave = subscribe((state) => {
      this.#state = state;
      // A hidden page gets no animation frames, so it draws nothing.
      this.#frame ||= requestAnimationFrame(() => {
        this.#frame = 0;
        this.draw(this.#state);
      });
    });
  }

  disconnectedCallback() {
    this.#leave?.();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  /** Makes the parts that stay. */
  build() {}

  /** Shows the state. @param {import("./store.js").State} _state */
  draw(_state) {}

  /** Adds a heading with a note beside it, and returns the note. */
  heading(title) {
    const note = element("span", { class: "note" });
    const id = `${this.localName}-title`;
    this.append(element("div", { class: "heading" }, element("h2", { id }, title), note));
    this.setAttribute("role", "region");
    this.setAttribute("aria-labelledby", id);
    return note;
  }
}
