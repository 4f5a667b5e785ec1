// What administrators look at first: cache, uptime, database, and the routes that are watched by name.

import { blocks } from "../blocks.js";
import { WATCHED } from "../derived.js";
import { count, fixed, ms, span } from "../format.js";
import { flow, gauge } from "../gauges.js";
import { CPU_PERCENT, latencyBounds, latencyWord, level, levelOfWord } from "../level.js";
import { Panel } from "../panel.js";
import { isMounted } from "../places.js";
import { want } from "../sources.js";
import { store } from "../store.js";

class PerformancePanel extends Panel {
  #cache = gauge("Cache hit rate", "hit rate", "%");
  #uptime = gauge("Uptime");
  #queries = gauge("Queries per request", "queries", "");
  #cpu = gauge("CPU", "host cpu", "%");
  /** By name, in the order of the document. @type {Map<string, import("../gauges.js").MetricGauge>} */
  #watched = new Map();

  families = /** @type {const} */ (["admin"]);
  reads = [store.performance, store.own];

  build() {
    this.strip("Performance", this.#cache, this.#uptime, this.#queries);
    // Otherwise the overview has it.
    if (!isMounted("api")) this.append(this.#cpu);
    want("performance", () => this.isSeen);
  }

  draw() {
    if (!store.performance.value) return;
    const { cache, cache_hit_rate, uptime_seconds, database, resources, watched } = blocks(store.performance.value);
    const lookups = `${count(cache?.hits)} hits, ${count(cache?.misses)} misses`;
    flow(this.#cache, "hit rate", "%", lookups, 100);
    this.#cache.show(fixed(cache_hit_rate, 1), "%", lookups);
    this.#uptime.show(span(uptime_seconds), "", `${fixed(uptime_seconds, 1)} s`);
    const queries = `${count(database.total_queries)} in ${count(database.count)} requests, ${count(database.max_per_request)} at most`;
    flow(this.#queries, "queries", "", queries);
    this.#queries.show(fixed(database.avg_per_request, 2), "", queries);
    this.#host(resources);
    this.#show(watched);
  }

  /** @param {import("#models").Performance["resources"]} resources */
  #host(resources) {
    const memory = `of the host, memory ${fixed(resources?.memory_percent, 1)} %`;
    flow(this.#cpu, "host cpu", "%", memory, 100);
    this.#cpu.show(fixed(resources?.cpu_percent, 1), "%", memory);
    this.#cpu.judge(resources && level(resources.cpu_percent, CPU_PERCENT));
  }

  /** @param {any[]} watched */
  #show(watched) {
    for (const [name, gauge] of this.#watched) {
      if (watched.some((route) => route.name === name)) continue;
      gauge.remove();
      this.#watched.delete(name);
    }
    const bounds = latencyBounds(store.own.value);
    for (const { name, p95_latency_ms, avg_latency_ms, request_count } of watched) {
      const gauge = this.#of(name);
      const note = `p95 of ${count(request_count)} requests, mean ${ms(avg_latency_ms)} ms`;
      flow(gauge, WATCHED + name, "ms", note);
      gauge.show(ms(p95_latency_ms), "ms", note);
      // Of no request there is nothing to say.
      const word = request_count ? latencyWord(p95_latency_ms, bounds) : undefined;
      gauge.judge(word && levelOfWord(word), word);
    }
  }

  /** @param {string} name */
  #of(name) {
    let found = this.#watched.get(name);
    if (!found) {
      this.#watched.set(name, (found = gauge(name, WATCHED + name, "ms")));
      found.dataset.metric = "watched";
      this.append(found);
    }
    return found;
  }
}

customElements.define("performance-panel", PerformancePanel);
