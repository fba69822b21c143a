import { classColour, diverging, mix, type Colour, type Palette } from "./colours";

/** How numbers look: a table of colours, and the place of a number in it. */
export interface Shade {
  table: Uint32Array;
  place: (value: number) => number;
}

const STEPS = 255; // of colour that a screen can tell apart, from none to all of it
const BY_CLASS = 64;
const HIDDEN: Colour = [128, 130, 136];

/** What a canvas shows: places in a table. */
const shown = new WeakMap<HTMLCanvasElement, { table: Uint32Array; places: Int16Array }>();
const SAME = 1; // of the steps of colour, which nobody sees

/** Numbers as a picture, one pixel each; `shade` says how a number looks. What would look the same is not drawn again. */
export function paint(canvas: HTMLCanvasElement, values: ArrayLike<number>, width: number, height: number, { table, place }: Shade): void {
  const size = width * height;
  let before = shown.get(canvas);
  let other = before?.table !== table || canvas.width !== width || canvas.height !== height;
  for (let i = 0; i < size && !other; i++) other = Math.abs(place(values[i] ?? 0) - before!.places[i]!) > SAME;
  if (!other) return;
  if (before?.table !== table || before.places.length !== size) shown.set(canvas, (before = { table, places: new Int16Array(size) }));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const picture = paper(width, height);
  const pixels = new Uint32Array(picture.data.buffer);
  for (let i = 0; i < size; i++) pixels[i] = table[(before.places[i] = place(values[i] ?? 0))]!;
  canvas.getContext("2d")!.putImageData(picture, 0, 0);
}

/** Pictures of one size are drawn on one sheet, one after another: there are dozens, many times a second. */
let sheet = new ImageData(1, 1);
function paper(width: number, height: number): ImageData {
  if (sheet.width !== width || sheet.height !== height) sheet = new ImageData(width, height);
  return sheet;
}

/** The largest absolute value, or 1 where all are 0. */
export function reach(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (size > most && size < Infinity) most = size;
  }
  return most || 1;
}

/** Weights or activations: blue above 0, orange below. */
export function signed(most: number, colours: Palette): Shade {
  const table = tableOf("signed", colours, 2 * STEPS + 1, (i) => diverging((i - STEPS) / STEPS, colours));
  const by = STEPS / most;
  const place = (value: number) => Math.max(0, Math.min(2 * STEPS, Math.round(value * by) + STEPS));
  return { table, place: (value) => (Number.isNaN(value) ? STEPS : place(value)) };
}

/** Ink on paper: a drawn digit, a photograph in grey. */
export function grey(most: number, colours: Palette, dark: boolean): Shade {
  const ink: Colour = dark ? [236, 238, 242] : [27, 29, 34];
  const table = tableOf("grey", colours, STEPS + 1, (i) => mix(colours.zero, ink, i / STEPS));
  return { table, place: (value) => Math.max(0, Math.min(STEPS, Math.round((value / most) * STEPS))) || 0 };
}

/** Classes, paler where the network is less sure: value = class + sureness in [0, 1). */
export function classes(colours: Palette): Shade {
  const table = tableOf("classes", colours, 10 * BY_CLASS, (i) => {
    return mix(colours.zero, classColour(Math.floor(i / BY_CLASS)), 0.25 + (0.55 * (i % BY_CLASS)) / BY_CLASS);
  });
  return { table, place: (value) => Math.floor(value * BY_CLASS) % table.length || 0 };
}

const tables = new Map<string, Uint32Array>();

/** A table of colours as pixels, made once for the light and once for the dark. */
function tableOf(name: string, colours: Palette, size: number, colour: (index: number) => Colour): Uint32Array {
  const key = `${name} ${colours.ink}`;
  let table = tables.get(key);
  if (!table) {
    const bytes = new Uint8ClampedArray(4 * size);
    for (let i = 0; i < size; i++) bytes.set([...colour(i), 255], 4 * i);
    tables.set(key, (table = new Uint32Array(bytes.buffer)));
  }
  return table;
}

/** Shares from 0 to 1; below 0 what is hidden. */
export function shares(colours: Palette): Shade {
  const table = tableOf("shares", colours, STEPS + 2, (i) => (i ? mix(colours.zero, colours.plus, ((i - 1) / STEPS) ** 0.6) : HIDDEN));
  return { table, place: (value) => (value < 0 ? 0 : 1 + Math.min(STEPS, Math.round(value * STEPS))) };
}
