// Draws a cloud with WebGL2: points by value, and rings on the ground every ten metres.

import { AXES } from "./message.js";

// From the least to the greatest value; the legend in style.css has the same.
const PALETTE = /** @type {const} */ (["#3b6fd6", "#2fb5c9", "#6fd06a", "#f2c14b", "#f0604d"]);
const BACKGROUND = "#0f1318";

const POINT_VERTEX = `#version 300 es
uniform mat4 view;
uniform vec2 range;
uniform int axis;
uniform vec3 palette[${PALETTE.length}];
uniform float size;
in vec4 point;
out vec3 colour;
void main() {
  gl_Position = view * vec4(point.xyz, 1.0);
  gl_PointSize = clamp(size / gl_Position.w, 1.5, 8.0);
  float share = clamp((point[axis] - range.x) / max(range.y - range.x, 1e-6), 0.0, 1.0);
  float place = share * float(${PALETTE.length - 1});
  int below = min(int(place), ${PALETTE.length - 2});
  colour = mix(palette[below], palette[below + 1], place - float(below));
}`;

const RING_VERTEX = `#version 300 es
uniform mat4 view;
in vec4 point;
out vec3 colour;
void main() {
  gl_Position = view * vec4(point.xyz, 1.0);
  colour = vec3(0.19, 0.23, 0.28);
}`;

const FRAGMENT = `#version 300 es
precision mediump float;
in vec3 colour;
out vec4 pixel;
void main() { pixel = vec4(colour, 1.0); }`;

const RINGS = 8;
const RING_STEP_M = 10;
const RING_PARTS = 128;
/** Where roofs with sensors are above. */
const GROUND_M = -1.75;

export class Scene {
  #gl;
  #points;
  #rings;
  #count = 0;

  /** @param {HTMLCanvasElement} canvas @throws without WebGL2 */
  constructor(canvas) {
    const gl = canvas.getContext("webgl2", { antialias: false, alpha: false, powerPreference: "low-power" });
    if (!gl) throw new Error("This browser has no WebGL2.");
    this.#gl = gl;
    this.#points = drawable(gl, POINT_VERTEX);
    this.#rings = drawable(gl, RING_VERTEX);
    gl.enable(gl.DEPTH_TEST);
    gl.clearColor(...rgb(BACKGROUND), 1);
    gl.useProgram(this.#points.program);
    gl.uniform3fv(this.#points.uniform("palette"), PALETTE.flatMap(rgb));
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#rings.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, rings(), gl.STATIC_DRAW);
  }

  /** Takes other points. @param {import("./message.js").Cloud} cloud */
  fill({ points, count }) {
    const gl = this.#gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#points.buffer);
    // New memory, so that nobody waits until the old one is drawn.
    gl.bufferData(gl.ARRAY_BUFFER, points, gl.STREAM_DRAW);
    this.#count = count;
  }

  /**
   * @param {import("./camera.js").Camera} camera
   * @param {{ axis: number, range: [number, number] }} colour which number of a point, and its least and greatest
   */
  draw(camera, { axis, range }) {
    const gl = this.#gl;
    const { width, height } = gl.canvas;
    const view = camera.matrix(width / height);
    gl.viewport(0, 0, width, height);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    this.#rings.use(view);
    for (let ring = 0; ring < RINGS; ring++) gl.drawArrays(gl.LINE_LOOP, ring * RING_PARTS, RING_PARTS);
    const { use, uniform } = this.#points;
    use(view);
    gl.uniform1i(uniform("axis"), axis);
    gl.uniform2f(uniform("range"), ...range);
    gl.uniform1f(uniform("size"), height / 9);
    gl.drawArrays(gl.POINTS, 0, this.#count);
  }
}

/** A program with a buffer of points. @param {WebGL2RenderingContext} gl @param {string} vertex its shader of points */
function drawable(gl, vertex) {
  const program = gl.createProgram();
  gl.attachShader(program, compiled(gl, gl.VERTEX_SHADER, vertex));
  gl.attachShader(program, compiled(gl, gl.FRAGMENT_SHADER, FRAGMENT));
  gl.bindAttribLocation(program, 0, "point");
  gl.linkProgram(program);
  // After a loss nothing links, and the page starts anew.
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(gl.getProgramInfoLog(program) ?? "The graphics driver refuses the shaders.");
  }
  const array = gl.createVertexArray();
  const buffer = gl.createBuffer();
  gl.bindVertexArray(array);
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.enableVertexAttribArray(0);
  gl.vertexAttribPointer(0, AXES, gl.FLOAT, false, 0, 0);
  const places = new Map();
  const uniform = (/** @type {string} */ name) => {
    if (!places.has(name)) places.set(name, gl.getUniformLocation(program, name));
    return places.get(name);
  };
  const use = (/** @type {Float32Array} */ view) => {
    gl.useProgram(program);
    gl.bindVertexArray(array);
    gl.uniformMatrix4fv(uniform("view"), false, view);
  };
  return { program, buffer, uniform, use };
}

/**
 * @param {WebGL2RenderingContext} gl
 * @param {number} kind
 * @param {string} source
 */
function compiled(gl, kind, source) {
  const shader = gl.createShader(kind);
  // There is none in a context that is lost.
  if (!shader) throw new Error("The graphics driver is gone.");
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  return shader;
}

function rings() {
  const points = [];
  for (let ring = 1; ring <= RINGS; ring++) {
    for (let part = 0; part < RING_PARTS; part++) {
      const angle = (part / RING_PARTS) * 2 * Math.PI;
      points.push(ring * RING_STEP_M * Math.cos(angle), ring * RING_STEP_M * Math.sin(angle), GROUND_M, 0);
    }
  }
  return new Float32Array(points);
}

/** @param {string} hex @returns {[number, number, number]} */
function rgb(hex) {
  const part = (/** @type {number} */ at) => parseInt(hex.slice(at, at + 2), 16) / 255;
  return [part(1), part(3), part(5)];
}
