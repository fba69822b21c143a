import { number, percent } from "./numbers";
import type { State } from "./types";

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

/** A value of a metric, as it is told. */
export function metricValue(metric: string, value: number | null | undefined): string {
  return isShare(metric) ? percent(value) : number(value);
}

export function metricWord(metric: string): string {
  return METRICS[metric] ?? metric.replaceAll("_", " ");
}
