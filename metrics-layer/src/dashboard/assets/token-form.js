// Asks for the token while the service wants one.

import { wake } from "./feed.js";
import { element } from "./dom.js";
import { remember } from "./token.js";

class TokenForm extends HTMLElement {
  connectedCallback() {
    if (this.firstChild) return;
    const field = element("input", { type: "password", name: "token", autocomplete: "off", required: true });
    const form = element("form", {}, element("label", {}, "Token ", field), element("button", {}, "Show"));
    // Nothing is sent anywhere: the page's policy forbids it too.
    form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      remember(field.value.trim());
      field.value = "";
      wake();
    });
    this.append(form);
  }
}

customElements.define("token-form", TokenForm);
