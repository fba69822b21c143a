import { isTable } from "../../lib/blocks";
import type { Block, Json, Part, Problem, Spec } from "../../lib/types";
import { words } from "../../lib/words";

export function titleOf(block: Block, part: Part | undefined): string {
  return part?.title ?? (typeof block === "number" ? "Dense" : block.class);
}

/** What is wrong, where it stands beside its block: without the way to it, and with shapes and neurons as the page writes them. */
export function plainly({ error, where }: Problem): string {
  const said = where && error.startsWith(`${where}: `) ? error.slice(where.length + 2) : error;
  return said.charAt(0).toUpperCase() + said.slice(1).replace(/\((\d+),\)/g, "$1").replace(/\bunit(s?)\b/g, "neuron$1");
}

/** A block in a few words: "32 neurons, relu". */
export function gist(block: Block, part: Part | undefined, spec: Spec): string {
  if (typeof block === "number") {
    const more = [spec.batch_norm ? "evened out" : "", spec.dropout ? `${percent(spec.dropout)} switched off` : ""];
    return [`${block} neurons`, String(spec.activation ?? "relu"), ...more].filter(Boolean).join(", ");
  }
  const set = Object.entries(block).filter(([name]) => name !== "class" && name !== part?.holds && name !== "name");
  return set.slice(0, 3).map(([name, value]) => told(name, value)).filter(Boolean).join(", ");
}

function told(name: string, value: Json): string {
  if (name === "units") return `${String(value)} neurons`;
  if (name === "rate") return percent(value);
  if (name === "activation") return isTable(value) ? value.class : String(value);
  if (typeof value === "boolean") return value ? words(name).label.toLowerCase() : "";
  if (isTable(value)) return value.class;
  return `${words(name).label.toLowerCase()} ${Array.isArray(value) ? value.join(" × ") : String(value)}`;
}

function percent(share: Json): string {
  return typeof share === "number" ? `${Math.round(100 * share)} %` : String(share);
}
