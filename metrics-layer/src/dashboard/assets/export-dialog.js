// What is shown, as a file: one table as CSV, or everything as JSON.

import { makeDialog } from "./dialog.js";
import { button, element } from "./dom.js";
import { csv } from "./csv.js";
import { Panel } from "./panel.js";
import { bringAll } from "./sources.js";
import { store } from "./store.js";

/** @type {{ dialog: HTMLDialogElement, list: HTMLSelectElement } | null} */
let made = null;

export async function openExport() {
  const { dialog, list } = (made ??= make());
  const here = document.activeElement?.closest("[data-table]")?.getAttribute("data-table");
  // What nobody looked at did not come, or is old.
  await bringAll();
  if (dialog.open) return;
  const names = shownTables().map(({ name }) => name);
  list.replaceChildren(...names.map((name) => element("option", { value: name, selected: name === here }, name)));
  dialog.showModal();
}

function make() {
  const list = element("select", { name: "table" });
  const table = element("label", {}, "Table ", list);
  const save = (/** @type {"csv" | "json"} */ format) => {
    const { name, type, text } = exported(format, list.value);
    download(name, type, text);
    dialog.close();
  };
  const asCsv = button("Table as CSV", { "data-export": "csv" }, () => save("csv"));
  const asJson = button("Everything as JSON", { "data-export": "json" }, () => save("json"));
  const choices = element("div", { class: "choices" }, table, asCsv, asJson);
  const about = element("p", { class: "note" }, "Rows are those that pass the filters, in the order in which they are shown.");
  const dialog = makeDialog("export-dialog", "Export", about, choices);
  return { dialog, list };
}

/** The tables of the panels that are there, those without rows left out. */
function shownTables() {
  const elements = [...document.querySelectorAll("main > *")];
  const panels = /** @type {Panel[]} */ (elements.filter((each) => each instanceof Panel && !each.hidden));
  // Those further down are not up to date while nobody sees them.
  for (const panel of panels) panel.refresh();
  const tables = panels.flatMap((panel) => panel.tables);
  return tables.map((table) => table.exported()).filter(({ rows }) => rows.length > 0);
}

/**
 * @param {"csv" | "json"} format
 * @param {string} chosen the name of a table, for CSV
 */
export function exported(format, chosen) {
  const tables = shownTables();
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  if (format === "csv") {
    const table = tables.find(({ name }) => name === chosen) ?? { name: "nothing", columns: [], rows: [] };
    return { name: `${table.name}-${stamp}.csv`, type: "text/csv", text: csv([table.columns, ...table.rows]) };
  }
  const all = tables.map(({ name, columns, rows }) => {
    const objects = rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));
    return [name, objects];
  });
  const document = { timestamp: store.snapshot.value?.timestamp ?? null, ...Object.fromEntries(all) };
  return { name: `performance-${stamp}.json`, type: "application/json", text: JSON.stringify(document, null, 2) };
}

/**
 * @param {string} name
 * @param {string} type
 * @param {string} text
 */
function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = element("a", { href: url, download: name });
  link.click();
  URL.revokeObjectURL(url);
}
