// Mouse, pen, touch and keys, for a camera.

const KEY_STEP = 0.08;
const KEY_ZOOM = 1.1;
const WHEEL_ZOOM = 1.0015;

/** @type {Record<string, (camera: Camera) => void>} */
const KEYS = {
  ArrowLeft: (camera) => camera.turn(-KEY_STEP, 0),
  ArrowRight: (camera) => camera.turn(KEY_STEP, 0),
  ArrowUp: (camera) => camera.turn(0, KEY_STEP),
  ArrowDown: (camera) => camera.turn(0, -KEY_STEP),
  "+": (camera) => camera.zoom(1 / KEY_ZOOM),
  "-": (camera) => camera.zoom(KEY_ZOOM),
  "0": (camera) => camera.reset(),
};

/** @typedef {import("./camera.js").Camera} Camera */

/**
 * Lets the user move `camera` by what is done to `canvas`.
 * @param {HTMLCanvasElement} canvas
 * @param {Camera} camera
 */
export function control(canvas, camera) {
  canvas.addEventListener("keydown", (event) => {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act(camera);
  });
  canvas.onwheel = (event) => {
    event.preventDefault();
    camera.zoom(WHEEL_ZOOM ** event.deltaY);
  };
  point(canvas, camera);
}

/**
 * One pointer turns, or moves with Shift or another button than the first; two move, and zoom by their distance.
 * @param {HTMLCanvasElement} canvas
 * @param {Camera} camera
 */
function point(canvas, camera) {
  /** @type {Map<number, Point>} */
  const down = new Map();
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  canvas.onpointerup = canvas.onpointercancel = (event) => void down.delete(event.pointerId);
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("pointermove", (event) => {
    const from = down.get(event.pointerId);
    if (!from) return;
    const to = { x: event.clientX, y: event.clientY };
    const [right, lower] = [(to.x - from.x) / canvas.clientHeight, (to.y - from.y) / canvas.clientHeight];
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      camera.zoom(distance(from, other) / Math.max(distance(to, other), 1));
      // Each of the two fingers is half of the movement.
      camera.move(-right / 2, lower / 2);
    } else if (event.shiftKey || event.buttons > 1) camera.move(-right, lower);
    else camera.turn(-right * Math.PI, lower * Math.PI);
    down.set(event.pointerId, to);
  });
}

/** @typedef {{ x: number, y: number }} Point @param {Point} a @param {Point} b */
const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
