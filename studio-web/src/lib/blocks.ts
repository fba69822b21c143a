/** A spec's layers as the designer sees them: hidden blocks, some of which hold blocks, and the answer at the end. */
import type { Block, Json, Path, Spec, Table } from "./types";

export interface Design {
  hidden: Block[];
  /** null: added by itself */
  output: Table | null;
}

export function isTable(block: Json | undefined): block is Table {
  return typeof block === "object" && block !== null && !Array.isArray(block);
}

/** The blocks that a block holds, or null of one that holds none. */
export function held(block: Block | undefined): Block[] | null {
  return isTable(block) && Array.isArray(block.layers) ? (block.layers as Block[]) : null;
}

/** Where the last entry is a table, it is the output. */
export function split(layers: Block[]): Design {
  const last = layers.at(-1);
  return isTable(last) ? { hidden: layers.slice(0, -1), output: last } : { hidden: layers, output: null };
}

/** The layers of a design; `plain` is the output that would be added by itself. short: whether it may be left to that,
 * where the layers are nothing but numbers; else they would be those of another network. */
export function joined({ hidden, output }: Design, plain: Table, short: boolean): Block[] {
  const endsPlainly = (short || hidden.some(isTable)) && !isTable(hidden.at(-1));
  const written = output ?? plain;
  return endsPlainly && same(written, plain) ? hidden : [...hidden, written];
}

export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export function at(blocks: Block[], path: Path): Block | undefined {
  const [first, ...rest] = path;
  const block = blocks[first!];
  return rest.length ? at(held(block) ?? [], rest) : block;
}

/** The blocks with those of the list that `path` leads to changed; [] is the outermost. */
export function within(blocks: Block[], path: Path, change: (inner: Block[]) => Block[]): Block[] {
  const [first, ...rest] = path;
  if (first === undefined) return change(blocks);
  return blocks.map((block, i) =>
    i === first && isTable(block) ? { ...block, layers: within(held(block) ?? [], rest, change) as Json[] } : block,
  );
}

export function replaced(blocks: Block[], path: Path, by: Block[]): Block[] {
  const index = path.at(-1)!;
  return within(blocks, path.slice(0, -1), (inner) => inner.toSpliced(index, 1, ...by));
}

export function inserted(blocks: Block[], path: Path, block: Block): Block[] {
  return within(blocks, path.slice(0, -1), (inner) => inner.toSpliced(path.at(-1)!, 0, block));
}

/** A block taken from one place to another, which is counted with the block still in its old place. */
export function moved(blocks: Block[], from: Path, to: Path): Block[] {
  const block = at(blocks, from);
  if (block === undefined || inside(to, from)) return blocks;
  const list = from.slice(0, -1), index = from.at(-1)!;
  const aimed = to.slice();
  const meets = list.every((step, i) => to[i] === step) && to.length >= from.length;
  if (meets && to[list.length]! > index) aimed[list.length]!--;
  return inserted(replaced(blocks, from, []), aimed, block);
}

/** Whether a place lies within a block. */
function inside(place: Path, block: Path): boolean {
  return place.length > block.length && block.every((step, i) => place[i] === step);
}

/** A plain number of neurons written out as tables, with what the spec says of all hidden layers. */
export function writtenOut(units: number, spec: Spec): Table[] {
  const penalty: Record<string, Json> = spec.l1 || spec.l2
    ? { kernel_regularizer: { class: "L1L2", l1: spec.l1 ?? 0, l2: spec.l2 ?? 0 } }
    : {};
  const dropout: Table[] = spec.dropout ? [{ class: "Dropout", rate: spec.dropout }] : [];
  const activation = spec.activation ?? "relu";
  if (!spec.batch_norm) return [{ class: "Dense", units, activation, ...penalty }, ...dropout];
  return [
    { class: "Dense", units, use_bias: false, ...penalty },
    { class: "BatchNormalization" },
    { class: "Activation", activation },
    ...dropout,
  ];
}
