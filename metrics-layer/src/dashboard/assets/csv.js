// Comma-separated values (RFC 4180) that no spreadsheet takes for formulas.

/**
 * @param {(string | number)[][]} rows
 * @returns {string}
 */
export const csv = (rows) => rows.map((row) => row.map(cell).join(",") + "\r\n").join("");

/** @param {string | number} value */
function cell(value) {
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  // A text that a spreadsheet would calculate is marked as text; numbers are left alone.
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
