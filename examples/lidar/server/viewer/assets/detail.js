// Fewer pixels where a machine is too slow for all of them.

const LEAST_FPS = 25;
const FRAMES = 20;
const SHARES = [1, 0.75, 0.5, 0.35];

/** Which share of the pixels of a side are drawn. It only falls, until the picture has another size. */
export class Detail {
  #step = 0;
  #frames = 0;
  #since = 0;
  #changed;

  /** @param {() => void} changed */
  constructor(changed) {
    this.#changed = changed;
    // A page that is hidden has no frames, which is no fault of the machine's.
    document.addEventListener("visibilitychange", () => (this.#frames = 0));
  }

  share() {
    return SHARES[this.#step];
  }

  restart() {
    this.#step = this.#frames = 0;
    this.#changed();
  }

  /** A frame begins at `now`. @param {number} now */
  frame(now) {
    if (this.#frames++ === 0) this.#since = now;
    if (this.#frames <= FRAMES) return;
    const fps = (1000 * FRAMES) / (now - this.#since);
    this.#frames = 0;
    if (fps >= LEAST_FPS || this.#step === SHARES.length - 1) return;
    this.#step++;
    this.#changed();
  }
}
