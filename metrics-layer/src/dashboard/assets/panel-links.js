// The way from panel to panel, by a link or a digit.

import { element } from "./dom.js";

/** Those of the page that have a link, in order; a panel of another page is not there. */
export const PANELS = [
  { name: "performance-panel", title: "Performance" },
  { name: "route-stats-panel", title: "Endpoints" },
  { name: "system-panel", title: "Overview" },
  { name: "dag-overview-panel", title: "Graph" },
  { name: "endpoints-panel", title: "Routes" },
  { name: "trends-panel", title: "Trends" },
  { name: "functions-panel", title: "Functions" },
  { name: "websocket-panel", title: "WebSocket" },
  { name: "cache-database-panel", title: "Cache" },
  { name: "alerts-panel", title: "Alerts" },
  { name: "rendering-panel", title: "Rendering" },
].filter(({ name }) => document.querySelector(name));

/** So many of them have a digit. */
export const DIGITS = Math.min(PANELS.length, 9);

/**
 * Brings a panel into view, and the focus into it.
 * @param {string} name
 */
export function focusPanel(name) {
  const panel = document.querySelector(name);
  if (!(panel instanceof HTMLElement) || panel.hidden) return;
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  panel.scrollIntoView({ behavior: isCalm ? "auto" : "smooth", block: "start" });
  const title = panel.querySelector("h2") ?? panel.querySelector("button");
  title?.focus({ preventScroll: true });
}

class PanelLinks extends HTMLElement {
  connectedCallback() {
    if (this.firstChild) return;
    const links = PANELS.map(({ name, title }, index) => {
      const digit = index < DIGITS ? [element("kbd", {}, String(index + 1))] : [];
      const link = element("button", { type: "button", "data-panel": name }, title, ...digit);
      link.addEventListener("click", () => focusPanel(name));
      return link;
    });
    this.append(element("nav", { "aria-label": "Panels" }, ...links));
    // A link to a panel that is not there goes nowhere.
    const show = () => links.forEach((link, index) => (link.hidden = isHidden(PANELS[index].name)));
    const observer = new MutationObserver(show);
    for (const { name } of PANELS) {
      const panel = document.querySelector(name);
      if (panel) observer.observe(panel, { attributeFilter: ["hidden"] });
    }
    show();
  }
}

/** @param {string} name */
const isHidden = (name) => document.querySelector(name)?.hasAttribute("hidden") ?? true;

customElements.define("panel-links", PanelLinks);
