// Dialogs, made when they are first opened.

import { button, element } from "./dom.js";

/**
 * @param {string} name
 * @param {string} title
 * @param {(Node | string)[]} content
 * @returns {HTMLDialogElement}
 */
export function makeDialog(name, title, ...content) {
  const heading = element("h2", { id: `${name}-title` }, title);
  const close = button("Close", { class: "quiet" }, () => dialog.close());
  const head = element("div", { class: "heading" }, heading, element("div", { class: "controls" }, close));
  const dialog = element("dialog", { id: name, "aria-labelledby": heading.id }, head, ...content);
  // A press beside the dialog closes it.
  dialog.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  return dialog;
}
