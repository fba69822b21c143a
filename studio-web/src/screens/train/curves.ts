import type { Row } from "../../lib/types";

/** A run's rows as the columns that charts draw. */
export function curvesOf(rows: Row[]) {
  const column = (index: number) => rows.map((row) => row[index] ?? null);
  return {
    epochs: rows.map((row) => row[1]),
    loss: column(2),
    metric: column(3),
    heldLoss: column(4),
    heldMetric: column(5),
  };
}
