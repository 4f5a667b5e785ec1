// What all panels share: they are built once, and drawn before a painting if anything they read changed and they can
// be seen.

import { element, setText } from "./dom.js";
import { schedule } from "./frame.js";
import { isMounted } from "./places.js";

/** What a panel without a source says is not there. */
const ROOTS = { api: "/api/metrics", metrics: "/metrics", admin: "/admin/performance" };

/** Tells panels whether they can be seen, a little before they are. */
const sight = new IntersectionObserver(
  (entries) => entries.forEach(({ target, isIntersecting }) => /** @type {Panel} */ (target).show(isIntersecting)),
  { rootMargin: "25%" },
);

export class Panel extends HTMLElement {
  /** The signals that it reads. @type {import("./signal.js").Signal<any>[]} */
  reads = [];
  /** The families whose documents it shows, all of them. @type {readonly import("./places.js").Family[]} */
  families = [];
  /** The tables that can be exported. @type {import("./table.js").Table[]} */
  tables = [];
  #note = element("span", { class: "note" });
  #isBuilt = false;
  #isSeen = false;
  #isStale = true;
  #draw = () => this.#drawIfSeen();

  connectedCallback() {
    const missing = this.families.find((family) => !isMounted(family));
    if (!this.#isBuilt) {
      this.#isBuilt = true;
      this.build();
      if (missing) this.#tellMissing(missing);
      for (const signal of this.reads) signal.subscribe(() => this.changed());
    }
    // What is not observed is never seen, drawn or asked for.
    if (!missing) sight.observe(this);
  }

  /**
   * Keeps nothing but the title, and says why.
   * @param {import("./places.js").Family} family
   */
  #tellMissing(family) {
    for (const part of [...this.children]) if (!part.matches(".heading")) part.remove();
    if (!this.firstChild) this.heading(this.getAttribute("aria-label") ?? "");
    this.querySelector(".controls")?.replaceChildren();
    this.append(element("p", { class: "empty" }, `No source: ${ROOTS[family]} is not mounted here.`));
    this.classList.remove("gauges");
    this.classList.add("sourceless");
    this.tables = [];
  }

  disconnectedCallback() {
    sight.unobserve(this);
  }

  get isSeen() {
    return this.#isSeen && !this.hidden;
  }

  /** @param {boolean} isSeen */
  show(isSeen) {
    this.#isSeen = isSeen;
    if (isSeen && this.#isStale) schedule(this.#draw);
  }

  /** Brings it up to date now, seen or not. */
  refresh() {
    if (!this.#isStale) return;
    this.#isStale = false;
    this.draw();
  }

  /** Draws it anew, soon. */
  changed() {
    this.#isStale = true;
    if (this.#isSeen) schedule(this.#draw);
  }

  #drawIfSeen() {
    if (this.#isSeen) this.refresh();
  }

  /**
   * Is there only while there is something to show.
   * @template T
   * @param {import("./signal.js").Signal<T>} signal
   * @param {(value: T) => boolean} isWorthIt
   */
  hideUnless(signal, isWorthIt) {
    const decide = () => (this.hidden = !isWorthIt(signal.value));
    signal.subscribe(decide);
    decide();
  }

  /** Makes its elements; called once. */
  build() {}

  /** Brings its elements up to date. */
  draw() {}

  /**
   * Says something beside the title.
   * @param {string} text
   */
  note(text) {
    setText(this.#note, text);
  }

  /**
   * Makes it a strip of gauges, which is a region without a title to be seen.
   * @param {string} label
   * @param {HTMLElement[]} gauges
   */
  strip(label, ...gauges) {
    this.classList.add("gauges");
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", label);
    this.append(...gauges);
  }

  /**
   * Adds a title, which names the panel as a region, and controls at the end of its line.
   * @param {string} title
   * @param {(Node | string)[]} controls
   */
  heading(title, ...controls) {
    const name = element("h2", { id: `${this.localName}-title`, tabindex: "-1" }, title);
    this.setAttribute("role", "region");
    this.setAttribute("aria-labelledby", name.id);
    const end = element("div", { class: "controls" }, ...controls);
    this.append(element("div", { class: "heading" }, name, this.#note, end));
  }
}
