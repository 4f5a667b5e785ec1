// The last few of many numbers, in memory that does not grow.

/** The last numbers, up to a fixed count. */
export class Ring {
  #values;
  #count = 0;

  /** @param {number} capacity */
  constructor(capacity) {
    this.#values = new Float64Array(capacity);
  }

  /** Adds a number in place of the oldest. What is no finite number is left out. @param {number} value */
  push(value) {
    if (!Number.isFinite(value)) return;
    this.#values[this.#count % this.#values.length] = value;
    this.#count++;
  }

  /** The mean, 0 of none. */
  mean() {
    const kept = Math.min(this.#count, this.#values.length);
    let sum = 0;
    for (let index = 0; index < kept; index++) sum += this.#values[index];
    return kept ? sum / kept : 0;
  }
}

const SECOND_MS = 1000;

/** How many there were in the last whole second, and the sum of their amounts. No timer runs for it. */
export class PerSecond {
  #second = -Infinity;
  #present = { count: 0, sum: 0 };
  #last = { count: 0, sum: 0 };

  /** @param {number} amount @param {number} [now] ms of a clock that does not go back */
  add(amount, now = performance.now()) {
    this.#roll(now);
    this.#present.count++;
    this.#present.sum += amount;
  }

  /** @param {number} [now] @returns {{ count: number, sum: number }} */
  read(now = performance.now()) {
    this.#roll(now);
    return { ...this.#last };
  }

  /** @param {number} now */
  #roll(now) {
    const second = Math.floor(now / SECOND_MS);
    if (second === this.#second) return;
    const none = { count: 0, sum: 0 };
    this.#last = second === this.#second + 1 ? this.#present : none;
    this.#present = { ...none };
    this.#second = second;
  }
}
