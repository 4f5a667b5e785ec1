// The last minutes of many numbers, in memory that does not grow.

/** Five minutes, at one moment a second; with fewer moments a second there are fewer of them. */
export const KEPT = 300;
const KEPT_S = 300;

/** How long a rolling average is over. */
const ROLLING_S = 60;

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
    const back = this.length ? this.#newest() - time : 0;
    // Moments before a clock was set back stay before those after it.
    if (back > 0) this.#times.forEach((_, place, times) => (times[place] -= back));
    const place = this.#next;
    this.#next = (place + 1) % KEPT;
    this.length = Math.min(this.length + 1, KEPT);
    this.#times[place] = time;
    for (const series of this.#series.values()) series[place] = NaN;
    for (const [name, value] of values) this.#of(name)[place] = value;
    if (place === 0) this.#forget();
  }

  /** The time of the moment that was added last. */
  #newest() {
    return this.#times[(this.#next - 1 + KEPT) % KEPT];
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
   * The known values of a series in the last five minutes, oldest first.
   * @param {string} name
   * @param {number} [seconds] a shorter time
   * @returns {{ time: number, value: number }[]}
   */
  points(name, seconds = KEPT_S) {
    const series = this.#series.get(name);
    const since = this.#newest() - seconds;
    const points = [];
    for (let n = this.length; series && n > 0; n--) {
      const place = (this.#next - n + KEPT) % KEPT;
      const [time, value] = [this.#times[place], series[place]];
      if (time > since && !Number.isNaN(value)) points.push({ time, value });
    }
    return points;
  }

  /**
   * The mean of the last minute; NaN of nothing.
   * @param {string} name
   */
  rolling(name) {
    const points = this.points(name, ROLLING_S);
    return points.reduce((sum, { value }) => sum + value, 0) / points.length;
  }
}
