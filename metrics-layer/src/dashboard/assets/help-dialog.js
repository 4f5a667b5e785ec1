// The keys.

import { makeDialog } from "./dialog.js";
import { element } from "./dom.js";
import { DIGITS } from "./panel-links.js";

const KEYS = [
  ["p, space", "pause, and go on"],
  ["/", "filter the table at hand"],
  [`1 to ${DIGITS}`, "go to a panel"],
  ["t", "theme: automatic, light, dark"],
  ["e", "export what is shown"],
  ["↑ ↓", "from row to row"],
  ["← →", "read a chart point by point"],
  ["Esc", "close a dialog"],
  ["?", "this"],
];

/** @type {HTMLDialogElement | null} */
let dialog = null;

export function openHelp() {
  const rows = () => KEYS.map(([key, what]) => element("div", {}, element("dt", {}, element("kbd", {}, key)), element("dd", {}, what)));
  dialog ??= makeDialog("help-dialog", "Keys", element("dl", { class: "keys" }, ...rows()));
  dialog.showModal();
}
