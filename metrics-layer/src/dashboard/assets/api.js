// The documented endpoints, and nothing else of the server.

import { place } from "./places.js";
import { meter } from "./rendering.js";
import { headers } from "./token.js";

const DESCRIPTION = "api/metrics/openapi.json";

/** What is not there after so long does not come any more. */
const PATIENCE_MS = 15000;

/** @typedef {import("./places.js").Family} Family */

/**
 * @param {URL} url
 * @param {string} [method]
 */
export const ask = (url, method = "GET") =>
  meter.requests.fetch(url, { method, headers: headers(), signal: AbortSignal.timeout(PATIENCE_MS) });

/** The paths of the service's own description; null before it came. @type {string[] | null} */
let described = null;

/** Reads which endpoints there are, so that no other is asked for. */
export async function learn() {
  const document = await bring("api", DESCRIPTION);
  // A service that is too busy to tell has the same as before.
  if (document) described = Object.keys(document.paths);
}

/** @param {string} path */
function isDescribed(path) {
  // Where nothing describes the others, all that is mounted is there.
  if (!described) return true;
  const [bare] = path.split("?");
  // The service names them from its own root on, which may not be that of this page's server.
  return path === DESCRIPTION || described.some((each) => each.endsWith(`/${bare}`));
}

/**
 * The JSON of an endpoint; null when there is none, undefined when the service could not tell it now.
 * @param {Family} family
 * @param {string} path
 * @returns {Promise<any>}
 */
export async function bring(family, path) {
  const url = isDescribed(path) ? place(family, path) : null;
  if (!url) return null;
  try {
    const response = await ask(url);
    if (response.ok) return await response.json();
    return response.status < 500 ? null : undefined;
  } catch {
    return undefined;
  }
}
