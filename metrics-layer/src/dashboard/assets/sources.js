// What is brought while somebody looks at it: the documents beside the live stream.

import { bring } from "./api.js";
import { isAnswering } from "./feed.js";
import { ORIGINS, PULSE } from "./origins.js";
import { isMounted } from "./places.js";
import { store, update } from "./store.js";

/** A document that takes long to bring is brought less often: nine tenths of the time nobody asks for it. */
const REST = 9;

/** How long somebody waits who wants all documents at once. */
const PATIENCE_MS = 1000;

/** @typedef {import("./origins.js").Origin} Origin */
/** @typedef {import("./origins.js").Name} Name */

/** @type {Map<Name, Source>} */
const sources = new Map();

class Source {
  /** @type {(() => boolean)[]} */
  wanted = [];
  #wake = () => {};

  /**
   * @param {Name} name
   * @param {Origin} origin
   */
  constructor(name, origin) {
    this.name = name;
    this.origin = origin;
    this.#run();
  }

  /** Runs for as long as the page does. */
  async #run() {
    for (;;) {
      const start = performance.now();
      if (this.#isWanted()) await this.bring();
      const spent = performance.now() - start;
      await new Promise((resolve) => {
        this.#wake = () => resolve(undefined);
        setTimeout(resolve, Math.max(this.origin.period, REST * spent));
      });
    }
  }

  /** Brings it, unless nothing is to move. What came last stays while the service cannot tell more. */
  async bring() {
    if (!isAnswering() || (store.isPaused.value && store[this.name].value !== null)) return;
    const document = await bring(this.origin.family, this.origin.path);
    if (document !== undefined) update({ [this.name]: document });
  }

  #isWanted() {
    return document.visibilityState === "visible" && this.wanted.some((isWanted) => isWanted());
  }

  /** Asks now, unless it did so just now. */
  poke() {
    this.#wake();
  }
}

/**
 * Keeps a document current while it is wanted.
 * @param {Name} name
 * @param {() => boolean} isWanted
 */
export function want(name, isWanted) {
  // What says how the service is comes all the time.
  if (name === PULSE || !isMounted(ORIGINS[name].family)) return;
  let source = sources.get(name);
  if (!source) sources.set(name, (source = new Source(name, ORIGINS[name])));
  source.wanted.push(isWanted);
}

/** Asks for all that is wanted, as after a connection came back. */
export function pokeAll() {
  sources.forEach((source) => source.poke());
}

/** Brings all documents, also those that nobody looks at. Resolves when they came, or after a while without them. */
export async function bringAll() {
  const all = Promise.all([...sources.values()].map((source) => source.bring()));
  await Promise.race([all, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
}
