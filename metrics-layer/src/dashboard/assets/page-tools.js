// What can be done with the page, by buttons and by keys.

import { choice } from "./address.js";
import { button, setAttribute, setText } from "./dom.js";
import { openExport } from "./export-dialog.js";
import { openHelp } from "./help-dialog.js";
import { PANELS, focusPanel } from "./panel-links.js";
import { setPaused, store } from "./store.js";
import { nextTheme, theme } from "./theme.js";

class PageTools extends HTMLElement {
  #paused = choice("paused");
  #pause = button("Pause", { "data-tool": "pause", title: "Pause (p)" }, () => this.#togglePause());
  #theme = button("Auto", { "data-tool": "theme", title: "Theme (t)" }, nextTheme);
  #export = button("Export", { "data-tool": "export", title: "Export (e)" }, openExport);
  #help = button("?", { "data-tool": "help", title: "Help (?)", "aria-label": "Help" }, openHelp);

  /** @type {Record<string, () => void>} */
  #keys = {
    p: () => this.#togglePause(),
    " ": () => this.#togglePause(),
    t: nextTheme,
    e: openExport,
    "?": openHelp,
    "/": focusFilter,
  };

  connectedCallback() {
    if (this.firstChild) return;
    this.append(this.#pause, this.#theme, this.#export, this.#help);
    this.#paused.subscribe(() => this.#applyPause());
    theme.subscribe(() => this.#nameTheme());
    this.#nameTheme();
    this.#applyPause();
    addEventListener("keydown", (event) => this.#press(event));
  }

  #nameTheme() {
    setText(this.#theme, NAMES[Object.hasOwn(NAMES, theme.value) ? theme.value : ""]);
  }

  #togglePause() {
    this.#paused.set(this.#paused.value ? "" : "1");
  }

  #applyPause() {
    const isPaused = this.#paused.value !== "";
    if (store.isPaused.value !== isPaused) setPaused(isPaused);
    setAttribute(this.#pause, "aria-pressed", String(isPaused));
    setText(this.#pause, isPaused ? "Resume" : "Pause");
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTaken(event)) return;
    const digit = PANELS[Number(event.key) - 1];
    const act = digit ? () => focusPanel(digit.name) : this.#keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}

/** @type {Record<string, string>} */
const NAMES = { "": "Auto", light: "Light", dark: "Dark" };

/**
 * Whether the key belongs to what has the focus: a field takes all of them, a button the space, a dialog all but those
 * that close it.
 * @param {KeyboardEvent} event
 */
function isTaken(event) {
  const target = /** @type {Element} */ (event.target);
  if (target.matches("input, textarea, select") || document.querySelector("dialog[open]")) return true;
  return event.key === " " && target.matches("button, [tabindex='0']");
}

/** Puts the cursor into the filter of the panel with the focus, or of the first one in view. */
function focusFilter() {
  const here = document.activeElement?.closest("[role='region']")?.querySelector(".filter");
  const all = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".filter")]);
  const field = here ?? all.find((each) => each.getBoundingClientRect().bottom > 0);
  if (field instanceof HTMLElement) field.focus();
}

customElements.define("page-tools", PageTools);
