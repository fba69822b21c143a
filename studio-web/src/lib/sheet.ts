import type { Shade } from "./paint";

/** How pictures lie on a sheet, in its pixels, and how large that is on the page, in those of the page. */
export interface Sheet {
  columns: number;
  width: number; // of a picture, in numbers
  height: number;
  wide: number; // pixels of the sheet that a number takes
  tall: number;
  right: number; // from the left edge of a picture to that of the next
  down: number;
  pixel: number; // of the sheet, on the page
  cell: number; // the width of a button
  between: number;
  row: number; // from the top of a button to that of the next
}

export const EDGE = 6; // from a button's edge to its picture
export const GAP = 10; // between two buttons, about
const NUMBER = 22; // the height of what stands under a picture
const COARSE = 4; // a pixel of the sheet is about so large at most, so that gaps come out about as meant
const THIN = 14; // a picture is at least about so high

/** Pictures of width × height numbers side by side in a room, as many in a row as may be `least` wide. All gaps are whole
 * pixels of the sheet, so that it is drawn small, and stretched as one. */
export function laid(room: number, width: number, height: number): Sheet {
  const least = height === 1 ? 150 : 84;
  const inner = Math.max(room, least);
  const columns = Math.max(1, Math.floor((inner + GAP) / (least + GAP)));
  const about = ((inner + GAP) / columns - GAP - 2 * EDGE) / width;
  const wide = Math.max(1, Math.round(about / COARSE));
  const gap = Math.max(1, Math.round(((2 * EDGE + GAP) * wide) / about));
  const right = wide * width + gap;
  const pixel = (inner - 2 * EDGE) / (columns * right - gap);
  const tall = Math.max(wide, Math.round(THIN / (pixel * height)));
  const down = tall * height + Math.max(1, Math.round((EDGE + NUMBER + GAP) / pixel));
  const cell = wide * width * pixel + 2 * EDGE;
  return { columns, width, height, wide, tall, right, down, pixel, cell, between: right * pixel - cell, row: down * pixel };
}

interface Shown {
  sheet: Sheet;
  table: Uint32Array;
  values: Int8Array;
  paper: ImageData;
}

/** What each canvas shows. */
const shown = new WeakMap<HTMLCanvasElement, Shown>();

/** Draw pictures of numbers of a byte each, one after another in `values`. What would look the same is not drawn again. */
export function paintSheet(canvas: HTMLCanvasElement, values: Int8Array, sheet: Sheet, { table, place }: Shade): void {
  const { columns, width, height, right, down } = sheet;
  const size = width * height;
  const count = values.length / size;
  let on = shown.get(canvas);
  if (!on || on.sheet !== sheet || on.values.length !== values.length) {
    [canvas.width, canvas.height] = [columns * right - (right - sheet.wide * width), Math.ceil(count / columns) * down];
    on = { sheet, table, values, paper: new ImageData(canvas.width, canvas.height) };
  } else if (on.table === table && same(on.values, values)) return;
  const pixels = new Uint32Array(on.paper.data.buffer);
  const line = on.paper.width;
  const look = Uint32Array.from({ length: 256 }, (_, byte) => table[place(byte < 128 ? byte : byte - 256)]!);
  for (let n = 0; n < count; n++) {
    const corner = Math.floor(n / columns) * down * line + (n % columns) * right;
    drawOne(pixels, line, corner, values, n * size, sheet, look);
  }
  shown.set(canvas, { ...on, table, values });
  canvas.getContext("2d")!.putImageData(on.paper, 0, 0);
}

function same(a: Int8Array, b: Int8Array): boolean {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return i === a.length;
}

function drawOne(pixels: Uint32Array, line: number, corner: number, values: Int8Array, from: number, sheet: Sheet, look: Uint32Array): void {
  const { width, height, wide, tall } = sheet;
  for (let y = 0; y < height * tall; y++) {
    const first = from + Math.floor(y / tall) * width;
    let at = corner + y * line;
    for (let x = 0; x < width; x++) {
      const colour = look[values[first + x]! & 255]!;
      for (let i = 0; i < wide; i++) pixels[at++] = colour;
    }
  }
}
