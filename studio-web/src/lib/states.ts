import { asWritten, percent } from "./numbers";
import type { RunTold, State } from "./types";

/** A run's states as a beginner would say them. */
export const STATES: Record<State, string> = {
  new: "not trained yet",
  starting: "getting ready",
  running: "training",
  paused: "paused",
  stopping: "stopping",
  stopped: "stopped",
  done: "trained",
  diverged: "went astray",
  crashed: "broken off",
  refused: "refused",
  elsewhere: "training elsewhere",
};

/** Accuracy and its kind are shares; they are told in percent. */
export function isShare(metric: string): boolean {
  return /accuracy|precision|recall|auc|f1|r2/i.test(metric);
}

const METRICS: Record<string, string> = {
  accuracy: "How often it is right", mean_absolute_error: "How far off it is", crossentropy: "How wrong and how unsure it is",
  root_mean_squared_error: "How far off it is, large errors most", r2_score: "How much of it is explained", r2: "How much of it is explained",
  mae: "How far off it is", binary_accuracy: "How often it is right",
  loss: "How wrong it is, as in training",
};

/** What a run's answers are worth beside one that needs no network: `usual`, the share in which the commonest answer is
 * right; `poor`, whether the network does no better than that, but for what chance may give in so few rows, or than always
 * saying the mean. */
export function worth(told: RunTold | null): { usual: number | null; poor: boolean } {
  const { name, value } = told?.metric ?? { name: "", value: 0 };
  const { baseline: base, bits_per_character: bits, samples } = told?.metrics ?? {};
  if (typeof base !== "number") return { usual: null, poor: false };
  if (typeof bits === "number") return { usual: null, poor: bits >= base };
  if (name === "accuracy") return { usual: base, poor: value <= base + 2 * Math.sqrt((base * (1 - base)) / Math.max(1, Number(samples))) };
  return { usual: null, poor: name === "r2" && value <= 0 };
}

/** A value of a metric, as it is told; errors are in the units of a table, with the decimal mark that it has. */
export function metricValue(metric: string, value: number | null | undefined, decimal?: string): string {
  return isShare(metric) ? percent(value) : asWritten(value, decimal);
}

export function metricWord(metric: string): string {
  return METRICS[metric] ?? metric.replaceAll("_", " ");
}
