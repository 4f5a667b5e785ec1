// The viewer: clouds from /ws/points drawn in every animation frame, and figures of both ends beside them.

import { FrontendMeter } from "/dashboard/performance/collectors.js";
import { Camera } from "./camera.js";
import { control } from "./controls.js";
import { Detail } from "./detail.js";
import { Figures, ofBackend, ofCloud, ofRendering } from "./figures.js";
import { decode, range } from "./message.js";
import { Scene } from "./scene.js";
import { follow } from "./stream.js";

/** Which number of a point gives its colour, and the unit of that. */
const COLOURS = { height: { axis: 2, unit: " m" }, intensity: { axis: 3, unit: "" } };
const TURN_PER_MS = 0.0003;

/**
 * A part of index.html.
 * @template {HTMLElement} E
 * @param {string} id
 * @param {new () => E} kind
 * @returns {E}
 */
function part(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`no ${id} in the page`);
  return found;
}

const canvas = part("scene", HTMLCanvasElement);
const [stage, colour] = [part("stage", HTMLSelectElement), part("colour", HTMLSelectElement)];
const [turn, reset] = [part("turn", HTMLButtonElement), part("reset", HTMLButtonElement)];
const [state, message, least, most] = ["state", "message", "least", "most"].map((id) => part(id, HTMLElement));
const [rendering, shown, backend] = ["rendering", "cloud", "backend"].map((id) => new Figures(part(id, HTMLElement)));
const camera = new Camera();
const detail = new Detail(fit);
const meter = new FrontendMeter({ onSnapshot: (snapshot) => rendering.show(ofRendering(snapshot)) });

/** The cloud that is shown. @type {import("./message.js").Cloud | null} */
let cloud = null;
/** Whether it is not in the scene yet. */
let isNew = false;
let colours = { axis: 2, range: /** @type {[number, number]} */ ([0, 1]) };

/** @param {string} text */
function say(text) {
  message.textContent = text;
  message.hidden = text === "";
}

/** @param {"live" | "reconnecting"} connection */
function tell(connection) {
  state.dataset.state = connection;
  state.textContent = { live: "Live", reconnecting: "Reconnecting" }[connection];
}

/** Puts the newest cloud into the scene, if it is not there yet. @param {Scene} scene */
function fill(scene) {
  if (!cloud || !isNew) return;
  const start = performance.now();
  scene.fill(cloud);
  meter.frames.recordMutation(performance.now() - start);
  isNew = false;
  shown.show(ofCloud(cloud));
  // Somebody else may have chosen another one; who is choosing is left alone.
  if (stage.options.length && document.activeElement !== stage) stage.selectedIndex = cloud.stage;
  paint();
}

/** Chooses the colours for the cloud. */
function paint() {
  if (!cloud) return;
  const { axis, unit } = COLOURS[/** @type {keyof COLOURS} */ (colour.value)];
  colours = { axis, range: range(cloud, axis) };
  [least.textContent, most.textContent] = colours.range.map((value) => value.toFixed(1) + unit);
}

/** @param {Scene} scene */
function animate(scene) {
  let last = 0;
  const step = (/** @type {number} */ now) => {
    requestAnimationFrame(step);
    if (turn.ariaPressed === "true") camera.turn(Math.min(now - last, 100) * TURN_PER_MS, 0);
    last = now;
    // Before the scene is drawn: a canvas of another size is empty.
    detail.frame(now);
    fill(scene);
    const start = performance.now();
    scene.draw(camera, colours);
    meter.frames.recordFrame(performance.now() - start, now);
  };
  requestAnimationFrame(step);
}

/** The canvas has as many pixels as the screen has where it is, or a share of them. */
function fit() {
  const scale = devicePixelRatio * detail.share();
  canvas.width = Math.round(canvas.clientWidth * scale);
  canvas.height = Math.round(canvas.clientHeight * scale);
}

/** @param {string} path @param {RequestInit} [options] */
async function ask(path, options) {
  const response = await meter.requests.fetch(new URL(path, location.href), options);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

/** Every node but the last has an output to look at. */
async function offerStages() {
  const [{ nodes }, parameters] = await Promise.all([ask("api/nodes"), ask("api/pipeline")]);
  stage.append(...nodes.slice(0, -1).map((/** @type {any} */ { id, name }) => new Option(name, id)));
  stage.value = parameters.broadcast.stage;
  stage.addEventListener("change", async () => {
    const body = JSON.stringify({ broadcast: { stage: stage.value } });
    try {
      await ask("api/pipeline", { method: "PUT", body, headers: { "content-type": "application/json" } });
      say("");
    } catch (error) {
      say(`The stage stays: ${reason(error)}`);
    }
  });
}

/** @param {unknown} error */
const reason = (error) => (error instanceof Error ? error.message : String(error));

function listen() {
  turn.addEventListener("click", () => (turn.ariaPressed = String(turn.ariaPressed !== "true")));
  reset.addEventListener("click", () => camera.reset());
  colour.addEventListener("change", paint);
  // A lost context takes everything in it along.
  canvas.addEventListener("webglcontextlost", () => location.reload());
}

function start() {
  new ResizeObserver(() => detail.restart()).observe(canvas);
  control(canvas, camera);
  listen();
  animate(new Scene(canvas));
  follow(
    "ws/points",
    (data) => {
      cloud = meter.sockets.read("points", data, decode);
      isNew = true;
    },
    tell,
  );
  follow("ws/system_metrics", (data) => backend.show(ofBackend(meter.sockets.read("system_metrics", data, JSON.parse))));
}

try {
  start();
  await offerStages();
} catch (error) {
  say(reason(error));
}
