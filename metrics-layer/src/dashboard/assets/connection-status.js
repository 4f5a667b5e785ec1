// Whether what is shown is live.

import { element, setAttribute, setText } from "./dom.js";
import { store } from "./store.js";
import { clock } from "./format.js";
import { wasRefused } from "./token.js";

const WORDS = {
  connecting: "Connecting",
  live: "Live",
  polling: "Polling",
  reconnecting: "Reconnecting",
  paused: "Paused",
  disabled: "Metrics disabled",
  refused: "Access refused",
  unauthorised: "Token needed",
};

/** @param {keyof typeof WORDS} state */
const word = (state) => (state === "unauthorised" && wasRefused() ? "Token refused" : WORDS[state]);

class ConnectionStatus extends HTMLElement {
  #word = element("span", { class: "word", role: "status" });
  #time = element("time");

  connectedCallback() {
    if (this.firstChild) return;
    this.append(this.#time, this.#word);
    for (const signal of [store.connection, store.retryAt, store.isPaused, store.snapshot]) {
      signal.subscribe(() => this.#draw());
    }
    setInterval(() => this.#draw(), 1000);
    this.#draw();
  }

  #draw() {
    const connection = store.connection.value;
    const isHeld = store.isPaused.value && (connection === "live" || connection === "polling");
    const state = isHeld ? "paused" : connection;
    setAttribute(this, "data-state", state);
    setAttribute(document.body, "data-state", state);
    setText(this.#word, word(state));
    const left = Math.ceil((store.retryAt.value - Date.now()) / 1000);
    const snapshot = store.snapshot.value;
    if (state === "reconnecting" && left > 0) setText(this.#time, `next attempt in ${left} s`);
    else setText(this.#time, snapshot ? `as of ${clock(snapshot.timestamp)}` : "");
  }
}

customElements.define("connection-status", ConnectionStatus);
