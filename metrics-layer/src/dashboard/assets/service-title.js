// Whose page it is, for how long it has run, and how many alerts there are.

import { button, element, setAttribute, setText } from "./dom.js";
import { isAnswering } from "./feed.js";
import { span } from "./format.js";
import { focusPanel } from "./panel-links.js";
import { isMounted } from "./places.js";
import { store } from "./store.js";

class ServiceTitle extends HTMLElement {
  #about = element("span", { class: "about" });
  #alerts = button("", { class: "alerts", hidden: true }, () => focusPanel("alerts-panel"));
  /** When the service told how long it had run, and how long that was. */
  #told = { at: 0, seconds: 0 };

  connectedCallback() {
    const heading = this.querySelector("h1");
    if (!heading || this.#about.isConnected) return;
    this.append(this.#about, this.#alerts);
    const name = (/** @type {string} */ service) => {
      setText(heading, service);
      document.title = `${service} – performance`;
    };
    // Nothing else tells its name.
    if (!isMounted("api")) name(location.host);
    store.own.subscribe((own) => {
      if (!own?.service) return;
      this.#told = { at: performance.now(), seconds: own.uptime_seconds };
      name(own.service);
      this.#tick();
    });
    store.summary.subscribe((summary) => this.#count(summary?.active_alerts ?? []));
    setInterval(() => this.#tick(), 1000);
  }

  #tick() {
    // For as long as it is known to be up.
    if (!this.#told.at || !isAnswering()) return;
    setText(this.#about, `up ${span(this.#told.seconds + (performance.now() - this.#told.at) / 1000)}`);
  }

  /** @param {{ level: string }[]} active */
  #count(active) {
    this.#alerts.hidden = active.length === 0;
    setText(this.#alerts, active.length === 1 ? "1 alert" : `${active.length} alerts`);
    const isCritical = active.some(({ level }) => level === "CRITICAL");
    setAttribute(this.#alerts, "data-level", isCritical ? "critical" : "degraded");
  }
}

customElements.define("service-title", ServiceTitle);
