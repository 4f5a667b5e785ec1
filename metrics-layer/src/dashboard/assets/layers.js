// Where the nodes of a graph stand: in layers, each behind all nodes that it gets its work from.

/**
 * @param {string[]} ids
 * @param {{ from: string, to: string }[]} edges between these
 * @returns {string[][]} the layers, first to last
 */
export function layered(ids, edges) {
  const outgoing = forward(ids, edges);
  const depth = depths(ids, outgoing);
  /** @type {string[][]} */
  const layers = [];
  for (const id of ids) (layers[depth.get(id) ?? 0] ??= []).push(id);
  return ordered(layers, outgoing);
}

/**
 * The edges by their beginnings, without those that close a circle.
 * @param {string[]} ids
 * @param {{ from: string, to: string }[]} edges
 */
function forward(ids, edges) {
  /** @type {Map<string, string[]>} */
  const all = new Map(ids.map((id) => [id, []]));
  for (const { from, to } of edges) all.get(from)?.push(to);
  /** @type {Map<string, string[]>} */
  const kept = new Map(ids.map((id) => [id, []]));
  const [open, done] = [new Set(), new Set()];
  const visit = (/** @type {string} */ first) => {
    const way = [{ id: first, next: 0 }];
    open.add(first);
    while (way.length) {
      const here = way[way.length - 1];
      const to = all.get(here.id)?.[here.next++];
      if (to === undefined) {
        done.add(here.id);
        open.delete(here.id);
        way.pop();
      } else if (!open.has(to)) {
        kept.get(here.id)?.push(to);
        if (!done.has(to)) {
          open.add(to);
          way.push({ id: to, next: 0 });
        }
      }
    }
  };
  const targets = new Set(edges.map(({ to }) => to));
  // From the sources on, so that a circle is cut where it closes.
  for (const id of [...ids.filter((id) => !targets.has(id)), ...ids]) if (!done.has(id)) visit(id);
  return kept;
}

/**
 * The longest way to each node.
 * @param {string[]} ids
 * @param {Map<string, string[]>} outgoing without circles
 */
function depths(ids, outgoing) {
  const waiting = new Map(ids.map((id) => [id, 0]));
  for (const targets of outgoing.values()) for (const to of targets) waiting.set(to, (waiting.get(to) ?? 0) + 1);
  const depth = new Map(ids.map((id) => [id, 0]));
  const ready = ids.filter((id) => waiting.get(id) === 0);
  for (const id of ready) {
    for (const to of outgoing.get(id) ?? []) {
      depth.set(to, Math.max(depth.get(to) ?? 0, (depth.get(id) ?? 0) + 1));
      const left = (waiting.get(to) ?? 0) - 1;
      waiting.set(to, left);
      if (left === 0) ready.push(to);
    }
  }
  return depth;
}

/**
 * Each layer in the order of the mean place of those before it, so that few lines cross.
 * @param {string[][]} layers
 * @param {Map<string, string[]>} outgoing
 */
function ordered(layers, outgoing) {
  /** @type {Map<string, number[]>} */
  const pulls = new Map();
  return layers.map((layer) => {
    const mean = (/** @type {string} */ id) => {
      const places = pulls.get(id) ?? [];
      return places.length ? places.reduce((sum, place) => sum + place, 0) / places.length : Infinity;
    };
    const sorted = [...layer].sort((a, b) => mean(a) - mean(b) || 0);
    sorted.forEach((id, index) => {
      const place = (index + 0.5) / sorted.length;
      for (const to of outgoing.get(id) ?? []) pulls.set(to, [...(pulls.get(to) ?? []), place]);
    });
    return sorted;
  });
}
