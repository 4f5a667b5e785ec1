// Elements, made and changed without markup: text never becomes anything else.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element with attributes and children; `true` is an attribute without a value, `false` none.
 * @param {string} name
 * @param {Record<string, string | number | boolean>} attributes
 * @param {(Node | string)[]} children
 * @returns {any} of the type that the name says
 */
export function element(name, attributes = {}, ...children) {
  return furnish(document.createElement(name), attributes, children);
}

/**
 * As {@link element}, for drawings.
 * @param {string} name
 * @param {Record<string, string | number | boolean>} attributes
 * @param {(Node | string)[]} children
 * @returns {any}
 */
export function svg(name, attributes = {}, ...children) {
  return furnish(document.createElementNS(SVG, name), attributes, children);
}

/**
 * @param {Element} made
 * @param {Record<string, string | number | boolean>} attributes
 * @param {(Node | string)[]} children
 */
function furnish(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/**
 * Sets the text if it is not that already, so that nothing is laid out in vain.
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Sets or, without a value, removes an attribute, if that changes anything.
 * @param {Element} node
 * @param {string} name
 * @param {string | undefined} value
 */
export function setAttribute(node, name, value) {
  if (value === undefined) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/**
 * A button that does something.
 * @param {string} label
 * @param {Record<string, string | number | boolean>} attributes
 * @param {() => void} press
 * @returns {HTMLButtonElement}
 */
export function button(label, attributes, press) {
  const made = element("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", press);
  return made;
}
