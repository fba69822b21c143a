import { studio } from "./studio.svelte";

/** The parts of what tables get in front of their layers. */
const WAVES: Record<string, string> = {
  waves: "Each number as waves",
  mixed: "Its waves, mixed",
  flatten: "All waves in a row",
  concatenate: "The inputs, and their waves",
};
const INNER = "periodic_embedding/";

/** A layer in words of the palette, by its name; `all`: those that are shown with it, in order, of which alike ones are
 * numbered. The last of a network gives the answer. */
export function layerWord(name: string, all: string[], last: string | undefined = all.at(-1)): string {
  if (name === last) return "Answer";
  if (name.startsWith(INNER)) return WAVES[name.slice(INNER.length)] ?? name;
  const title = titleOf(name);
  if (!title) return name;
  const alike = [...new Set(all)].filter((one) => one !== last && titleOf(one) === title);
  return alike.length > 1 ? `${title} ${alike.indexOf(name) + 1}` : title;
}

/** What the palette calls a layer that nobody has given another name than its own. */
function titleOf(name: string): string | undefined {
  return studio.part("layers", name.slice(name.lastIndexOf("/") + 1).replace(/_\d+$/, ""))?.title;
}

/** The way to a part of a layer, in front of its own name. */
export function wayTo(name: string): string {
  return name.slice(0, name.lastIndexOf("/") + 1).replace(INNER, "waves of each number / ");
}
