// The messages of /ws/points; their layout is written down in points.rs.

const MAGIC = 0x5244494c; // "LIDR"
const VERSION = 2;
const HEADER_BYTES = 32;

/** Numbers of a point: x, y, z in metres, and intensity. */
export const AXES = 4;

/**
 * @typedef {{
 *   stage: number,
 *   number: number,
 *   time: number,
 *   objects: number,
 *   count: number,
 *   points: Float32Array,
 * }} Cloud `time` is in Unix seconds; `points` is the message's own memory
 */

/** @param {ArrayBuffer} buffer @returns {Cloud} */
export function decode(buffer) {
  const view = new DataView(buffer);
  if (view.byteLength < HEADER_BYTES || view.getUint32(0, true) !== MAGIC) throw new Error("no cloud");
  if (view.getUint16(4, true) !== VERSION) throw new Error("another version of the message");
  const count = view.getUint32(24, true);
  return {
    stage: view.getUint16(6, true),
    number: Number(view.getBigUint64(8, true)),
    time: view.getFloat64(16, true),
    objects: view.getUint32(28, true),
    count,
    points: new Float32Array(buffer, HEADER_BYTES, count * AXES),
  };
}

/** Points that the range is taken from. */
const SAMPLES = 512;

/**
 * Between which values nearly all points are, so that a stray one does not take the colours from the others.
 * @param {Cloud} cloud
 * @param {number} axis 2 for height, 3 for intensity
 * @returns {[number, number]}
 */
export function range({ points, count }, axis) {
  const step = Math.max(1, Math.floor(count / SAMPLES));
  /** @type {number[]} */
  const values = [];
  for (let index = 0; index < count; index += step) values.push(points[index * AXES + axis]);
  values.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => values[Math.floor(share * (values.length - 1))] ?? 0;
  return [at(0.02), at(0.98)];
}
