// An eye that turns about a point of the scene. x is forward, y left, z up, in metres.

const START = { azimuth: -2.4, elevation: 0.62, distance: 55, target: [6, 0, -1] };

const NEAREST_M = 2;
const FARTHEST_M = 400;
const STEEPEST = Math.PI / 2 - 0.01;
const FIELD_OF_VIEW = 0.9;

/** @param {number} value @param {number} least @param {number} most */
const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

export class Camera {
  azimuth = START.azimuth;
  elevation = START.elevation;
  distance = START.distance;
  target = START.target;

  reset() {
    Object.assign(this, START);
  }

  /** Turns about the target by angles in radians. @param {number} azimuth @param {number} elevation */
  turn(azimuth, elevation) {
    this.azimuth = (this.azimuth + azimuth) % (2 * Math.PI);
    this.elevation = clamp(this.elevation + elevation, -STEEPEST, STEEPEST);
  }

  /** Comes nearer with factors below 1. @param {number} factor */
  zoom(factor) {
    this.distance = clamp(this.distance * factor, NEAREST_M, FARTHEST_M);
  }

  /** Moves the target along the picture, by shares of its height. @param {number} right @param {number} up */
  move(right, up) {
    const { right: x, up: y } = this.#frame();
    const scale = 2 * this.distance * Math.tan(FIELD_OF_VIEW / 2);
    this.target = this.target.map((value, axis) => value + scale * (right * x[axis] + up * y[axis]));
  }

  /** From the scene to the picture, column by column. @param {number} aspect width over height */
  matrix(aspect) {
    const { right, up, back } = this.#frame();
    const eye = this.target.map((value, axis) => value + this.distance * back[axis]);
    const [x, y, z] = [right, up, back].map((axis) => -dot(axis, eye));
    const near = this.distance / 100;
    const far = this.distance + 2 * FARTHEST_M;
    const scale = 1 / Math.tan(FIELD_OF_VIEW / 2);
    const [a, b] = [(far + near) / (near - far), (2 * far * near) / (near - far)];
    const column = (/** @type {number} */ axis) => [(right[axis] * scale) / aspect, up[axis] * scale, back[axis] * a, -back[axis]];
    return new Float32Array([...column(0), ...column(1), ...column(2), (x * scale) / aspect, y * scale, z * a + b, -z]);
  }

  /** Directions of the picture in the scene. */
  #frame() {
    const [sa, ca] = [Math.sin(this.azimuth), Math.cos(this.azimuth)];
    const [se, ce] = [Math.sin(this.elevation), Math.cos(this.elevation)];
    return { right: [-sa, ca, 0], up: [-ca * se, -sa * se, ce], back: [ca * ce, sa * ce, se] };
  }
}

/** @param {number[]} a @param {number[]} b */
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
