// The last minutes of many numbers, in memory that does not grow.

/** Five minutes, at one moment a second. */
export const KEPT = 300;

/** How many moments a rolling average is over. */
const ROLLING = 60;

/** Numbers over the same moments. */
export class History {
  /** Unix seconds; places are used in turn. */
  #times = new Float64Array(KEPT);
  /** @type {Map<string, Float32Array>} */
  #series = new Map();
  #next = 0;
  length = 0;

  /**
   * Adds a moment. A number that is not told is not known of that moment; one that is no longer told is forgotten.
   * @param {number} time Unix seconds
   * @param {Iterable<[string, number]>} values
   */
  push(time, values) {
    const place = this.#next;
    this.#next = (place + 1) % KEPT;
    this.length = Math.min(this.length + 1, KEPT);
    this.#times[place] = time;
    for (const series of this.#series.values()) series[place] = NaN;
    for (const [name, value] of values) this.#of(name)[place] = value;
    if (place === 0) this.#forget();
  }

  /** @param {string} name */
  #of(name) {
    let series = this.#series.get(name);
    if (!series) this.#series.set(name, (series = new Float32Array(KEPT).fill(NaN)));
    return series;
  }

  /** Once in a turn: what nobody told since the turn before. */
  #forget() {
    for (const [name, series] of this.#series) {
      if (series.every(Number.isNaN)) this.#series.delete(name);
    }
  }

  /**
   * The known values of a series, oldest first.
   * @param {string} name
   * @returns {{ time: number, value: number }[]}
   */
  points(name) {
    const series = this.#series.get(name);
    const points = [];
    for (let n = this.length; series && n > 0; n--) {
      const place = (this.#next - n + KEPT) % KEPT;
      if (!Number.isNaN(series[place])) points.push({ time: this.#times[place], value: series[place] });
    }
    return points;
  }

  /**
   * The mean of the last minute; NaN of nothing.
   * @param {string} name
   */
  rolling(name) {
    const series = this.#series.get(name);
    let [sum, count] = [0, 0];
    for (let n = Math.min(ROLLING, this.length); series && n > 0; n--) {
      const value = series[(this.#next - n + KEPT) % KEPT];
      if (Number.isNaN(value)) continue;
      sum += value;
      count += 1;
    }
    return count ? sum / count : NaN;
  }
}
