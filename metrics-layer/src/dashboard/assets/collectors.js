// What a page measures about itself: frames, long tasks, WebSocket messages, requests. Any page may import this:
//
//   import { FrontendMeter } from "/dashboard/performance/collectors.js";
//   const meter = new FrontendMeter({ onSnapshot: (rendering) => show(rendering) });
//
// The numbers stay in the page: nothing here sends anything. Memory is bounded whatever is measured.

import { PerSecond, Ring } from "./recent.js";

/** Frames that means are over, and after how many of them the numbers are told: a second, at the usual 60 Hz. */
const FRAMES = 60;

/** Topics or paths that are kept apart; further ones are counted together. */
const MAX_NAMES = 64;
const OTHERS = "other";

/**
 * @typedef {{ fps: number, avg_render_ms: number, avg_buffer_mutation_ms: number }} FrameSnapshot
 * @typedef {{ long_task_count: number, long_task_ms: number }} LongTaskSnapshot of the last whole second
 * @typedef {{
 *   ws_frames_per_sec: Record<string, number>,
 *   ws_bytes_per_sec: Record<string, number>,
 *   ws_parse_latency_ms: Record<string, number>,
 * }} SocketSnapshot by topic; parse latency is the mean of the last 60 messages
 * @typedef {{ calls: number, errors: number, avg_ms: number, last_ms: number }} RequestSnapshot
 * @typedef {FrameSnapshot & LongTaskSnapshot & SocketSnapshot & { requests: Record<string, RequestSnapshot> }} Rendering
 */

/** How often frames are drawn, and how long drawing and filling buffers takes. */
export class FrameMeter {
  #intervals = new Ring(FRAMES);
  #renders = new Ring(FRAMES);
  #mutations = new Ring(FRAMES);
  #last = NaN;
  #frames = 0;
  #drawn = 0;
  #following = 0;
  #onSnapshot;
  #pause = () => this.pause();

  /** @param {{ onSnapshot?: (snapshot: FrameSnapshot) => void }} [options] called after every 60th frame */
  constructor({ onSnapshot } = {}) {
    this.#onSnapshot = onSnapshot;
    document.addEventListener("visibilitychange", this.#pause);
  }

  /**
   * A frame is done; to be called once in each animation frame.
   * @param {number} renderMs how long drawing it took
   * @param {number} [now] when the frame began: what `requestAnimationFrame` hands to its callback
   */
  recordFrame(renderMs, now = performance.now()) {
    // The first frame has none before it, which is no number and left out.
    this.#intervals.push(now - this.#last);
    this.#last = now;
    this.#renders.push(renderMs);
    this.#frames++;
    if (this.#frames % FRAMES === 0) this.#onSnapshot?.(this.getSnapshot());
  }

  /** New data was put into buffers. @param {number} ms how long that took */
  recordMutation(ms) {
    this.#mutations.push(ms);
  }

  /** Something was drawn in a frame that `follow` counts. @param {number} ms how long that took */
  recordDrawing(ms) {
    this.#drawn += ms;
  }

  /** Counts the browser's frames from now on, for a page that does not draw in each of them. */
  follow() {
    if (this.#following) return;
    // What was drawn while nobody followed is in none of these frames.
    this.#drawn = 0;
    const step = (/** @type {number} */ now) => {
      this.#following = requestAnimationFrame(step);
      this.recordFrame(this.#drawn, now);
      this.#drawn = 0;
    };
    this.#following = requestAnimationFrame(step);
  }

  /** Ends what `follow` began. */
  unfollow() {
    cancelAnimationFrame(this.#following);
    this.#following = 0;
    this.pause();
  }

  /** No frames come for a while: the time until the next one is no frame's. A page that is hidden pauses by itself. */
  pause() {
    this.#last = NaN;
  }

  disconnect() {
    this.unfollow();
    document.removeEventListener("visibilitychange", this.#pause);
  }

  /** Over the last 60 frames; 0 where there were none. @returns {FrameSnapshot} */
  getSnapshot() {
    const interval = this.#intervals.mean();
    return {
      fps: interval > 0 ? 1000 / interval : 0,
      avg_render_ms: this.#renders.mean(),
      avg_buffer_mutation_ms: this.#mutations.mean(),
    };
  }
}

/** Tasks that kept the page from answering for more than 50 ms, where the browser tells them. */
export class LongTaskMeter {
  #tasks = new PerSecond();
  #observer = new PerformanceObserver((list) => {
    for (const task of list.getEntries()) this.#tasks.add(task.duration);
  });

  constructor() {
    const { supportedEntryTypes } = PerformanceObserver;
    if (supportedEntryTypes.includes("longtask")) this.#observer.observe({ type: "longtask" });
  }

  disconnect() {
    this.#observer.disconnect();
  }

  /** @returns {LongTaskSnapshot} */
  getSnapshot() {
    const { count, sum } = this.#tasks.read();
    return { long_task_count: count, long_task_ms: sum };
  }
}

/** Messages of WebSockets, by topic. */
export class SocketMeter {
  #topics = new Names(() => ({ messages: new PerSecond(), parsing: new Ring(FRAMES) }));

  /**
   * Reads a message and counts it: to be called first thing in `onmessage`.
   * @template T
   * @template {string | ArrayBuffer} D
   * @param {string} topic
   * @param {D} data
   * @param {(data: D) => T} parse
   * @returns {T} what `parse` made of it
   */
  read(topic, data, parse) {
    const start = performance.now();
    const parsed = parse(data);
    this.record(topic, bytesOf(data), performance.now() - start);
    return parsed;
  }

  /** @param {string} topic @param {number} bytes @param {number} parseMs */
  record(topic, bytes, parseMs) {
    const { messages, parsing } = this.#topics.of(topic);
    messages.add(bytes);
    parsing.push(parseMs);
  }

  /** @returns {SocketSnapshot} */
  getSnapshot() {
    const now = performance.now();
    return {
      ws_frames_per_sec: this.#topics.map(({ messages }) => messages.read(now).count),
      ws_bytes_per_sec: this.#topics.map(({ messages }) => messages.read(now).sum),
      ws_parse_latency_ms: this.#topics.map(({ parsing }) => parsing.mean()),
    };
  }
}

/** Requests that a page makes, by path, until their answer begins. */
export class FetchMeter {
  #paths = new Names(() => ({ calls: 0, errors: 0, last: 0, times: new Ring(FRAMES) }));

  /**
   * `fetch`, measured. An error is an answer of 400 and above, or none.
   * @param {string | URL} place
   * @param {RequestInit} [options]
   */
  async fetch(place, options) {
    const path = this.#paths.of(new URL(place, location.href).pathname);
    const start = performance.now();
    let failed = true;
    try {
      const response = await fetch(place, options);
      failed = !response.ok;
      return response;
    } finally {
      path.calls++;
      path.errors += Number(failed);
      path.last = performance.now() - start;
      path.times.push(path.last);
    }
  }

  /** @returns {Record<string, RequestSnapshot>} */
  getSnapshot() {
    return this.#paths.map(({ calls, errors, last, times }) => ({ calls, errors, avg_ms: times.mean(), last_ms: last }));
  }
}

/** All four together. */
export class FrontendMeter {
  longTasks = new LongTaskMeter();
  sockets = new SocketMeter();
  requests = new FetchMeter();
  frames;

  /** @param {{ onSnapshot?: (rendering: Rendering) => void }} [options] called after every 60th frame */
  constructor({ onSnapshot } = {}) {
    this.frames = new FrameMeter({ onSnapshot: () => onSnapshot?.(this.getSnapshot()) });
  }

  disconnect() {
    this.frames.disconnect();
    this.longTasks.disconnect();
  }

  /** @returns {Rendering} */
  getSnapshot() {
    return {
      ...this.frames.getSnapshot(),
      ...this.longTasks.getSnapshot(),
      ...this.sockets.getSnapshot(),
      requests: this.requests.getSnapshot(),
    };
  }
}

/**
 * What is kept by name, up to a limit.
 * @template V
 */
class Names {
  /** @type {Map<string, V>} */
  #values = new Map();
  #make;

  /** @param {() => V} make */
  constructor(make) {
    this.#make = make;
  }

  /** @param {string} name @returns {V} */
  of(name) {
    const known = this.#values.get(name);
    if (known) return known;
    if (this.#values.size >= MAX_NAMES && name !== OTHERS) return this.of(OTHERS);
    const made = this.#make();
    this.#values.set(name, made);
    return made;
  }

  /** @template W @param {(value: V) => W} read @returns {Record<string, W>} */
  map(read) {
    return Object.fromEntries([...this.#values].map(([name, value]) => [name, read(value)]));
  }
}

const encoder = new TextEncoder();

/** As many as went over the wire. @param {string | ArrayBuffer} data */
function bytesOf(data) {
  return typeof data === "string" ? encoder.encode(data).length : data.byteLength;
}
