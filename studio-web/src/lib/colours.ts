/** What pictures and charts draw with, in light and in dark. */
export type Colour = readonly [number, number, number];

export interface Palette {
  ink: string;
  muted: string;
  grid: string;
  surface: string;
  learned: string;
  held: string;
  zero: Colour;
  plus: Colour;
  minus: Colour;
}

export const LIGHT: Palette = {
  ink: "#1b1d22", muted: "#5a5f69", grid: "#e7e7e2", surface: "#ffffff",
  learned: "#3d56d6", held: "#c2571a",
  zero: [244, 244, 241], plus: [33, 92, 196], minus: [217, 104, 22],
};

export const DARK: Palette = {
  ink: "#eceef2", muted: "#a4aab6", grid: "#2a2f38", surface: "#1b1e24",
  learned: "#9fb0ff", held: "#f0a062",
  zero: [30, 33, 40], plus: [122, 162, 255], minus: [255, 158, 84],
};

export function palette(dark: boolean): Palette {
  return dark ? DARK : LIGHT;
}

/** Ten colours that stay apart from each other, for classes; more begin again. */
const CLASSES: Colour[] = [
  [61, 86, 214], [222, 112, 34], [36, 150, 110], [196, 61, 88], [130, 87, 190],
  [42, 148, 184], [170, 140, 20], [200, 90, 170], [110, 120, 135], [110, 160, 50],
];

export function classColour(index: number): Colour {
  return CLASSES[index % CLASSES.length]!;
}

export function css([r, g, b]: Colour, alpha = 1): string {
  return alpha === 1 ? `rgb(${r} ${g} ${b})` : `rgb(${r} ${g} ${b} / ${alpha})`;
}

export function mix(a: Colour, b: Colour, share: number): Colour {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

/** From -1 (minus) over 0 to 1 (plus). */
export function diverging(value: number, colours: Palette): Colour {
  const share = Math.min(1, Math.abs(value));
  return mix(colours.zero, value < 0 ? colours.minus : colours.plus, share ** 0.8);
}
