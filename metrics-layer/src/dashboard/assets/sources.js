// What is brought while somebody looks at it: the documents beside the live stream.

import { bring } from "./api.js";
import { isAnswering } from "./feed.js";
import { store, update } from "./store.js";

/** A document that takes long to bring is brought less often: nine tenths of the time nobody asks for it. */
const REST = 9;

/**
 * @typedef {{ family: import("./api.js").Family, path: string, period: number }} Origin
 * @type {Partial<Record<keyof import("./store.js").State, Origin>>}
 */
const ORIGINS = {
  own: { family: "api", path: "api/metrics/self", period: 5000 },
  functions: { family: "api", path: "api/metrics/functions", period: 1000 },
  routes: { family: "api", path: "api/metrics/routes", period: 2000 },
  requests: { family: "api", path: "api/metrics/requests", period: 2000 },
  throughput: { family: "api", path: "api/metrics/throughput", period: 1000 },
  queues: { family: "api", path: "api/metrics/queues", period: 2000 },
  pools: { family: "api", path: "api/metrics/pools", period: 2000 },
  errors: { family: "api", path: "api/metrics/errors", period: 5000 },
  routeStats: { family: "admin", path: "api/admin/performance/routes?limit=1000000", period: 2000 },
  performance: { family: "admin", path: "admin/performance/json?blocks=all", period: 2000 },
  collection: { family: "metrics", path: "metrics?last_n=1440", period: 15000 },
  summary: { family: "metrics", path: "metrics/summary", period: 2000 },
  rules: { family: "metrics", path: "metrics/alerts/rules", period: 5000 },
  events: { family: "metrics", path: "metrics/alerts/events", period: 5000 },
};

/** @typedef {keyof typeof ORIGINS} Name */

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
      if (this.#isWanted()) update({ [this.name]: await bring(this.origin.family, this.origin.path) });
      const spent = performance.now() - start;
      await new Promise((resolve) => {
        this.#wake = () => resolve(undefined);
        setTimeout(resolve, Math.max(this.origin.period, REST * spent));
      });
    }
  }

  #isWanted() {
    const isLooking = document.visibilityState === "visible" && !store.isPaused.value;
    return isLooking && isAnswering() && this.wanted.some((isWanted) => isWanted());
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
  const origin = ORIGINS[name];
  let source = sources.get(name);
  if (!source && origin) sources.set(name, (source = new Source(name, origin)));
  source?.wanted.push(isWanted);
}

/** Asks for all that is wanted, as after a connection came back. */
export function pokeAll() {
  sources.forEach((source) => source.poke());
}
