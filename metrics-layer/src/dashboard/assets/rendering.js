// What the page measures of itself: its drawings and updates, its socket and its requests. It goes into the store, and
// never leaves the page.

import { FrontendMeter } from "./collectors.js";
import { DRAW } from "./frame.js";
import { UPDATE, update } from "./store.js";

export const meter = new FrontendMeter({ onSnapshot: (rendering) => update({ rendering }) });

const { frames } = meter;

new PerformanceObserver((list) => {
  for (const { name, duration } of list.getEntries()) {
    if (name === DRAW) frames.recordDrawing(duration);
    if (name === UPDATE) frames.recordMutation(duration);
  }
}).observe({ type: "measure" });
