// What the page measures of itself: its drawings and updates, its socket and its requests. It goes into the store, and
// never leaves the page.

import { FrontendMeter } from "./collectors.js";
import { DRAW } from "./frame.js";
import { update } from "./store.js";

export const meter = new FrontendMeter({ onSnapshot: (rendering) => update({ rendering }) });

new PerformanceObserver((list) => {
  for (const { duration } of list.getEntriesByName(DRAW)) meter.frames.recordDrawing(duration);
}).observe({ type: "measure" });

/**
 * Hands what came to the store: what for a page that draws in WebGL is filling its buffers.
 * @param {Partial<import("./store.js").State>} change
 */
export function apply(change) {
  const start = performance.now();
  update(change);
  meter.frames.recordMutation(performance.now() - start);
}
