// The viewer: clouds from /ws/points drawn in every animation frame, and figures of both ends beside them.

import { FrontendMeter } from "../dashboard/performance/collectors.js";
import { Camera } from "./camera.js";
import { control } from "./controls.js";
import { Detail } from "./detail.js";
import { Figures, ofBackend, ofCloud, ofRendering } from "./figures.js";
import { decode, range } from "./message.js";
import { Scene } from "./scene.js";
import { follow } from "./stream.js";

const AXIS = { height: 2, intensity: 3 };
const UNIT = { height: " m", intensity: "" };
const TURN_PER_MS = 0.0003;

const part = (id) => document.getElementById(id);
const [canvas, stage, colour, turn, state] = ["scene", "stage", "colour", "turn", "state"].map(part);
const [rendering, shown, backend] = ["rendering", "cloud", "backend"].map((id) => new Figures(part(id)));
const camera = new Camera();
const detail = new Detail(fit);
const meter = new FrontendMeter({ onSnapshot: (snapshot) => rendering.show(ofRendering(snapshot)) });

/** The cloud that is shown, and whether it is in the scene yet. */
let cloud = null;
let isNew = false;
let colours = { axis: AXIS.height, range: [0, 1] };

function say(text) {
  part("message").textContent = text;
  part("message").hidden = text === "";
}

function tell(connection) {
  state.dataset.state = connection;
  state.textContent = { live: "Live", reconnecting: "Reconnecting" }[connection];
}

/** Puts the newest cloud into the scene, if it is not there yet. */
function fill(scene) {
  if (!isNew) return;
  const start = performance.now();
  scene.fill(cloud);
  meter.frames.recordMutation(performance.now() - start);
  isNew = false;
  shown.show(ofCloud(cloud));
  // Somebody else may have chosen another one.
  if (stage.options.length) stage.selectedIndex = cloud.stage;
  paint();
}

/** Chooses the colours for the cloud. */
function paint() {
  if (!cloud) return;
  const axis = AXIS[colour.value];
  colours = { axis, range: range(cloud, axis) };
  const [least, most] = colours.range.map((value) => value.toFixed(1) + UNIT[colour.value]);
  part("least").textContent = least;
  part("most").textContent = most;
}

function animate(scene) {
  let last = 0;
  const step = (now) => {
    requestAnimationFrame(step);
    if (turn.ariaPressed === "true") camera.turn(Math.min(now - last, 100) * TURN_PER_MS, 0);
    last = now;
    fill(scene);
    const start = performance.now();
    scene.draw(camera, colours);
    meter.frames.recordFrame(performance.now() - start, now);
    detail.frame(now);
  };
  requestAnimationFrame(step);
}

/** The canvas has as many pixels as the screen has where it is, or a share of them. */
function fit() {
  const scale = devicePixelRatio * detail.share();
  canvas.width = Math.round(canvas.clientWidth * scale);
  canvas.height = Math.round(canvas.clientHeight * scale);
}

async function ask(path, options) {
  const response = await meter.requests.fetch(new URL(path, location.href), options);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

/** Every node but the last has an output to look at. */
async function offerStages() {
  const [{ nodes }, parameters] = await Promise.all([ask("api/nodes"), ask("api/pipeline")]);
  stage.append(...nodes.slice(0, -1).map(({ id, name }) => new Option(name, id)));
  stage.value = parameters.broadcast.stage;
  stage.addEventListener("change", async () => {
    const body = JSON.stringify({ broadcast: { stage: stage.value } });
    try {
      await ask("api/pipeline", { method: "PUT", body, headers: { "content-type": "application/json" } });
      say("");
    } catch (error) {
      say(`The stage stays: ${error.message}`);
    }
  });
}

function listen() {
  turn.addEventListener("click", () => (turn.ariaPressed = String(turn.ariaPressed !== "true")));
  part("reset").addEventListener("click", () => camera.reset());
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
  say(error.message);
}
