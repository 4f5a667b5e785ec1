// One number over the last minutes, large and as a table.

import { Chart } from "./chart.js";
import { makeDialog } from "./dialog.js";
import { setText } from "./dom.js";
import { PULSE } from "./origins.js";
import { store } from "./store.js";

/** @typedef {import("./sparkline.js").Point} Point */

/** @type {{ dialog: HTMLDialogElement, chart: Chart } | null} */
let made = null;

/** Ends what keeps the chart current. */
let forget = () => {};

/**
 * @param {string} title
 * @param {string} unit
 * @param {() => Point[]} points
 */
export function openHistory(title, unit, points) {
  const { dialog, chart } = (made ??= make());
  setText(/** @type {Node} */ (dialog.querySelector("h2")), title);
  const draw = () => chart.show(points(), unit);
  forget();
  forget = store[PULSE ?? "snapshot"].subscribe(draw);
  dialog.showModal();
  draw();
}

function make() {
  const chart = new Chart("history", "Last five minutes");
  const dialog = makeDialog("history-dialog", "", chart.root);
  dialog.addEventListener("close", () => forget());
  return { dialog, chart };
}
