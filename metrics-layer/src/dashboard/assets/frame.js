// What is to be drawn, drawn together before the browser paints. A page that is not visible paints nothing.

/** @type {Set<() => void>} */
const waiting = new Set();
let isAsked = false;

/** The name of the measurement that each drawing leaves for a PerformanceObserver. */
export const DRAW = "metrics-draw";

/**
 * Calls `draw` once before the next painting, however often it is asked for.
 * @param {() => void} draw
 */
export function schedule(draw) {
  waiting.add(draw);
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(drawAll);
}

function drawAll() {
  isAsked = false;
  const now = [...waiting];
  waiting.clear();
  measured(DRAW, () => now.forEach(drawOne));
}

/** @param {() => void} draw */
function drawOne(draw) {
  try {
    draw();
  } catch (error) {
    // One panel that fails takes no other along.
    reportError(error);
  }
}

/**
 * Runs `work` and tells observers how long it took, without keeping the measurement.
 * @param {string} name
 * @param {() => void} work
 */
export function measured(name, work) {
  const start = performance.now();
  work();
  performance.measure(name, { start });
  performance.clearMeasures(name);
}
