import type { Json } from "./types";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** 12345 -> 12,345 */
export function count(value: number): string {
  return whole.format(value);
}

/** Four digits that matter, and all before the point; the server writes its numbers so, too (`parts.py`). */
export function number(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size >= 1000 && size < 1e12) return count(value).replace("-", "−");
  if (size !== 0 && (size < 1e-4 || size >= 1e12)) return value.toExponential(2).replace("-", "−");
  return String(Number(value.toPrecision(4))).replace("-", "−");
}

/** The same with the decimal mark of the table whose numbers they are: 11,671 -> 11.671 */
export function asWritten(value: number | null | undefined, decimal: string | undefined): string {
  const text = number(value);
  return decimal === "," ? text.replace(/[.,]/g, (mark) => (mark === "." ? "," : ".")) : text;
}

/** 0.9712 -> 97.1 % */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined || Number.isNaN(share) ? "–" : `${(100 * share).toFixed(1)} %`;
}

export function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  if (size < 1e6) return `${(size / 1e3).toFixed(1)} kB`;
  return `${(size / 1e6).toFixed(1)} MB`;
}

/** 75 -> 1 min 15 s */
export function seconds(time: number): string {
  if (!Number.isFinite(time)) return "–";
  if (time < 10) return `${time.toFixed(1)} s`;
  if (time < 60) return `${Math.round(time)} s`;
  if (time < 3600) return `${Math.floor(time / 60)} min ${Math.round(time % 60)} s`;
  return `${Math.floor(time / 3600)} h ${Math.round((time % 3600) / 60)} min`;
}

/** 1 neuron, 2 neurons */
export function many(n: number, word: string): string {
  return `${count(n)} ${word}${n === 1 ? "" : "s"}`;
}

/** The first cells of a row, each with its column's name. */
export function inCells(cells: Record<string, Json>): string {
  return Object.entries(cells).slice(0, 6).map(([name, value]) => `${name} ${value === null ? "–" : String(value)}`).join(", ");
}
