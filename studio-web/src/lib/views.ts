import { unpack, type Shaped } from "./frames";
import type { Json } from "./types";

/** A step as a picture: how to draw its arrays is said by `kind`. */
export interface View {
  kind: "maps" | "colours" | "lines" | "heat" | "steps" | "rows" | "patch";
  title: string;
  says: string;
  /** The array of the step that it shows, and where in that a place of the picture stands; "" of none. */
  letter: string;
  axes: (number | null)[];
  names: Record<string, string[]>;
  told: Record<string, Json>;
  arrays: Record<string, Shaped>;
}

export interface PatchTold extends Omit<View, "arrays"> {
  arrays: Record<string, { shape: number[]; values: (number | string)[] | null }>;
}

/** A frame in the picture of what a layer sees, around what the number under the pointer was made of. */
export interface Frame {
  letter: string;
  corner: number[];
  size: number[];
  /** The map in which it is drawn; undefined: in all of them. */
  item: number | undefined;
  /** The filter that lies there. */
  filter: number;
}

/** The views in an answer, each with its arrays. */
export function unpackViews(message: ArrayBuffer): View[] {
  const { header, arrays } = unpack(message);
  return (header.views as unknown as Omit<View, "arrays">[]).map((view, i) => ({
    ...view,
    arrays: Object.fromEntries(Object.entries(arrays).flatMap(([name, array]) => {
      const [number, own] = name.split(".");
      return number === String(i) ? [[own, array]] : [];
    })),
  }));
}

/** Where the number at a place of a view stands in the step's array, of the only sample. */
export function indexOf(view: View, place: number[]): number[] {
  return view.axes.map((axis) => (axis === null ? 0 : (place[axis] ?? 0)));
}

/** What the number at a place (of its last two axes, or one) was made of, where the layer has a window. */
export function frameAt(view: View, place: number[]): Frame | null {
  const { reads, kernel, strides, dilation, before } = view.told as Record<string, number[]> & { reads?: string };
  const filter = place[view.kind === "lines" ? 1 : 0]!;
  const item = view.told.each ? filter : undefined;
  if (!reads || !kernel || !strides || !dilation || !before) return null;
  const at = place.slice(-kernel.length);
  const corner = at.map((o, i) => o * strides[i]! - before[i]!);
  const size = kernel.map((k, i) => (k - 1) * dilation[i]! + 1);
  const flat = kernel.length === 1;
  return { letter: reads, corner: flat ? [0, ...corner] : corner, size: flat ? [1, ...size] : size, item, filter };
}

/** What is drawn beside each other: (groups, items, height, width). */
export function tiles(view: View): { shape: [number, number, number, number]; place: (group: number, item: number, row: number, column: number) => number[] } {
  const { shape } = (view.arrays.maps ?? view.arrays.lines)!;
  if (view.kind === "lines") {
    const [n = 1, m = 1, steps = 1] = shape;
    if (m === 1) return { shape: [1, n, 1, steps], place: (_, item, __, column) => [item, 0, column] };
    return { shape: [n, m, 1, steps], place: (group, item, _, column) => [group, item, column] };
  }
  if (view.kind === "colours" || shape.length === 3) {
    const [n = 1, tall = 1, wide = 1] = shape;
    return { shape: [1, n, tall, wide], place: (_, item, row, column) => [item, row, column] };
  }
  const [n = 1, m = 1, tall = 1, wide = 1] = shape;
  if (m === 1) return { shape: [1, n, tall, wide], place: (_, item, row, column) => [item, 0, row, column] };
  return { shape: [n, m, tall, wide], place: (group, item, row, column) => [group, item, row, column] };
}
