// How good or bad a number is: a word, which the style sheet gives a colour.

import { firstBounds } from "./places.js";

/** @typedef {"healthy" | "degraded" | "critical" | "idle"} Level */

/** From these values on, degraded and critical. */
export const CPU_PERCENT = [70, 90];
export const MEMORY_PERCENT = [80, 90];

/** In percent of requests. */
export const ERROR_PERCENT = [5, 10];

/**
 * @param {number} value
 * @param {number[]} limits from which on it is degraded, and critical
 * @returns {Level}
 */
export function level(value, [degraded, critical]) {
  if (value >= critical) return "critical";
  return value >= degraded ? "degraded" : "healthy";
}

/**
 * How a latency is told (H-19): below the first bound good, above the second poor.
 * @param {number} value ms
 * @param {{ warning_ms: number, poor_ms: number }} bounds
 */
export function latencyWord(value, bounds) {
  if (value < bounds.warning_ms) return "good";
  return value <= bounds.poor_ms ? "warning" : "poor";
}

/** The level with the colour of each word that is told somewhere. @type {Record<string, Level>} */
const LEVELS = {
  good: "healthy",
  warning: "degraded",
  poor: "critical",
  ok: "healthy",
  running: "healthy",
  starting: "degraded",
  crashed: "critical",
  stopped: "idle",
  critical: "critical",
  pending: "degraded",
  recovering: "degraded",
  no_data: "idle",
  disabled: "idle",
};

/**
 * @param {string} word
 * @returns {Level | undefined}
 */
export const levelOfWord = (word) => LEVELS[word.toLowerCase()];

/** @typedef {{ warning_ms: number, poor_ms: number }} Bounds */

/**
 * The bounds of this service (H-19), which may have been started anew since the page came.
 * @param {any} own `api/metrics/self`
 * @returns {Bounds}
 */
export const latencyBounds = (own) => own?.latency_thresholds ?? firstBounds;
