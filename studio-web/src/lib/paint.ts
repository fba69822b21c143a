import { classColour, diverging, mix, type Colour, type Palette } from "./colours";

/** Numbers as a picture, one pixel each; `colour` says how a number looks. */
export function paint(
  canvas: HTMLCanvasElement, values: ArrayLike<number>, width: number, height: number, colour: (value: number) => Colour,
): void {
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d")!;
  const picture = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const [r, g, b] = colour(values[i] ?? 0);
    picture.data.set([r, g, b, 255], 4 * i);
  }
  context.putImageData(picture, 0, 0);
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
export function signed(most: number, colours: Palette): (value: number) => Colour {
  return (value) => diverging(value / most, colours);
}

/** Ink on paper: a drawn digit, a photograph in grey. */
export function grey(most: number, colours: Palette, dark: boolean): (value: number) => Colour {
  const ink: Colour = dark ? [236, 238, 242] : [27, 29, 34];
  return (value) => mix(colours.zero, ink, Math.max(0, Math.min(1, value / most)));
}

/** Classes, paler where the network is less sure: value = class + sureness in [0, 1). */
export function classes(colours: Palette): (value: number) => Colour {
  return (value) => {
    const k = Math.floor(value);
    return mix(colours.zero, classColour(k), 0.25 + 0.55 * (value - k));
  };
}
