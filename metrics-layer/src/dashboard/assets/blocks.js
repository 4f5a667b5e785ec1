// The blocks of admin/performance/json.

import { named } from "./columns.js";

/**
 * The document with its watched routes, which have their names among those of the blocks, in a list.
 * @param {import("#models").Performance} performance
 */
export function blocks(performance) {
  const { cache, caches, database, cache_hit_rate, uptime_seconds, endpoints, resources, ...watched } = performance;
  return { cache, caches, database, cache_hit_rate, uptime_seconds, endpoints, resources, watched: named(watched) };
}
