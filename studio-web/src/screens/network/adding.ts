import { tick } from "svelte";
import { design } from "../../lib/design.svelte";
import { said } from "../../lib/said.svelte";
import { isSmall } from "../../lib/screen.svelte";
import type { Argument, Block, Json, Part, Path, Table } from "../../lib/types";

/** A new block of this part, with something sensible for what it cannot do without. */
export function fresh(part: Part, path: Path): Block {
  if (part.class === "Dense") return 16;
  const block: Table = { class: part.class };
  for (const argument of part.arguments.filter((one) => one.required)) block[argument.name] = sensible(argument, part, path);
  // Filters find something by a bend, and their maps stay as large as what they see.
  if (block.filters !== undefined && part.arguments.some(({ name, default: usual }) => name === "activation" && usual === null)) {
    block.activation = "relu";
    if (part.class.startsWith("Conv")) block.padding = "same";
  }
  if (design.data?.kind !== "text") return block;
  // What writes has an answer behind every character, and must not look at those that it is to say.
  for (const name of ["return_sequences", "use_causal_mask"]) if (part.arguments.some((one) => one.name === name)) block[name] = true;
  return block;
}

const USUAL: Record<string, number> = {
  output_dim: 32, embedding_dim: 32, filters: 8, kernel_size: 3, units: 16, num_heads: 2, key_dim: 8, head_dim: 8, num_query_heads: 2, num_key_value_heads: 1,
};

function sensible(argument: Argument, part: Part, path: Path): Json {
  // What goes around blocks is added to what they give, and must be as wide.
  if (argument.name === part.holds) return [{ class: "Dense", units: widthBefore(path), activation: "relu" }];
  if (["input_dim", "vocabulary_size"].includes(argument.name)) return design.data?.classes?.length ?? 2;
  if (argument.name === "sequence_length") return design.check?.input?.[0] ?? 16;
  const usual = USUAL[argument.name];
  if (usual !== undefined) return argument.kind === "shape" ? [usual] : usual;
  if (argument.choices?.length) return argument.choices[0]!;
  if (argument.family === "activations") return "relu";
  if (argument.kind === "float") return 0.2;
  if (argument.kind === "int") return 2;
  if (argument.kind === "bool") return false;
  if (argument.kind === "shape" || argument.kind === "list") return [1];
  return "";
}

/** How many numbers come to a place in the network. */
function widthBefore(path: Path): number {
  const before = design.told([...path.slice(0, -1), path.at(-1)! - 1])?.output.at(-1);
  return before ?? (design.check?.input ?? [16]).reduce((product, side) => product * side, 1);
}

/** Add behind the chosen block, or at the end. */
export function add(part: Part, chosen: Path | string | null): void {
  const path = Array.isArray(chosen) ? [...chosen.slice(0, -1), chosen.at(-1)! + 1] : [design.shape.hidden.length];
  drop(part, path);
}

export function drop(part: Part, path: Path): void {
  design.insert(path, fresh(part, path));
  if (isSmall()) void tick().then(() => document.querySelector(`[data-block="${JSON.stringify(path)}"]`)?.scrollIntoView({ behavior: "smooth", block: "center" }));
  said.aloud(`${part.title} added as block ${path.join(".")}`);
}
