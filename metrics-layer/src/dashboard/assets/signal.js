// Values that tell their readers when they change.

/** @template T */
export class Signal {
  /** @type {T} */
  #value;
  /** @type {Set<(value: T) => void>} */
  #readers = new Set();

  /** @param {T} value */
  constructor(value) {
    this.#value = value;
  }

  get value() {
    return this.#value;
  }

  /** @param {T} value */
  set(value) {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const read of this.#readers) read(value);
  }

  /**
   * Calls `read` after every change, until the function that is returned is called.
   * @param {(value: T) => void} read
   */
  subscribe(read) {
    this.#readers.add(read);
    return () => void this.#readers.delete(read);
  }
}

/**
 * A signal that is always what `compute` makes of another one.
 * @template S, T
 * @param {Signal<S>} source
 * @param {(value: S) => T} compute
 * @returns {Signal<T>}
 */
export function computed(source, compute) {
  const made = new Signal(compute(source.value));
  source.subscribe((value) => made.set(compute(value)));
  return made;
}
