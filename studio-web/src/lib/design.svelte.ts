import { post, problemOf } from "./api";
import { at, held, inserted, isTable, joined, moved, replaced, same, split, writtenOut, type Design as Shape } from "./blocks";
import { History } from "./history.svelte";
import { said } from "./said.svelte";
import type { Block, BlockProblem, BlockTold, Check, DataTold, Json, Path, Problem, Spec, Table } from "./types";

const KEY = "pellucid-spec";
const ABOUT_DATA = ["data", "target", "drop", "keep", "split_by", "split_time", "task", "validation_split", "scale", "seed", "window", "stride", "group_by", "ahead"];

/** The spec of this tab: what is to be trained. Its data are described, its network checked, as it changes. */
class Design {
  #history = new History<Spec>({ data: "digits", layers: [32] });
  spec = $derived(this.#history.now);
  data = $state.raw<DataTold | null>(null);
  check = $state.raw<Check | null>(null);
  /** Why the data cannot be read, or the spec not at all. */
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);
  /** The output that the data ask for, as far as they are known. */
  plainOutput = $state.raw<Table>({ class: "Dense", units: 1 });
  chosen = $state.raw<Path | "output" | "input" | null>(null);
  #about = $state(""); // what is known of the data is of these settings
  #checked = $state("");
  #timer = 0;
  #asked = new AbortController();

  /** The network that the spec names, of which it has no layers yet: as soon as one is changed, they are its own. */
  named = $derived(this.#checked === layersOf(this.spec) ? (this.check?.written ?? null) : null);
  layers = $derived((this.named?.change.layers ?? this.spec.layers ?? this.check?.usual?.layers ?? []) as Block[]);
  shape: Shape = $derived(split(this.layers));
  canUndo = $derived.by(() => this.#history.canUndo);
  canRedo = $derived.by(() => this.#history.canRedo);
  /** Whether it can be trained: with other data only once these are described, which the output may have to follow. */
  ready = $derived(this.check?.ok === true && this.#about === aboutData(this.spec) && !this.data?.problem && !this.problem);

  begin(spec: Spec | null): void {
    const kept = sessionStorage.getItem(KEY);
    const first = spec ?? (kept ? (JSON.parse(kept) as Spec) : null);
    if (first) this.#history.replace(first);
    this.#changed(0);
  }

  /** Another spec, as one step that can be undone. */
  set(spec: Spec): void {
    this.#history.push(spec);
    this.#changed();
  }

  /** The settings of a run. The best of a search has learned from all rows; what is trained next is watched again. */
  take({ validation_split: held, ...rest }: Spec): void {
    this.set({ ...rest, ...(held ? { validation_split: held } : {}) } as Spec);
  }

  /** Lay values over the spec, or another one; undefined takes a field back to its default. */
  lay(change: Record<string, Json | undefined>, over: Spec = this.spec): void {
    const spec = { ...over, ...change } as Spec;
    for (const [name, value] of Object.entries(change)) if (value === undefined) delete spec[name];
    this.set(spec);
  }

  undo(): void {
    this.#history.undo();
    said.aloud("Undone.");
    this.#changed();
  }

  redo(): void {
    this.#history.redo();
    said.aloud("Done again.");
    this.#changed();
  }

  blockAt(path: Path): Block | undefined {
    return at(this.shape.hidden, path);
  }

  /** What a block comes to; of a number of neurons several layers may come, as it may be evened out or switched off. */
  told(entry: Path | null): BlockTold | undefined {
    const found = (this.check?.blocks ?? []).filter((block) => same(block.entry, entry));
    if (found.length < 2 || entry === null) return found.at(-1);
    const sum = (of: "parameters" | "memory") => found.reduce((all, block) => all + block[of], 0);
    return { ...found.at(-1)!, parameters: sum("parameters"), memory: sum("memory") };
  }

  problemsAt(entry: Path | null): BlockProblem[] {
    return (this.check?.problems ?? []).filter((problem) => problem.entry !== null && same(problem.entry, entry));
  }

  /** Where the output stands in the spec; null where it is added by itself. */
  get outputEntry(): Path | null {
    return this.shape.output ? [this.shape.hidden.length] : null;
  }

  insert(path: Path, block: Block): void {
    this.#hide(inserted(this.shape.hidden, path, block));
    this.chosen = path;
  }

  move(from: Path, to: Path): void {
    this.#hide(moved(this.shape.hidden, from, to));
  }

  remove(path: Path): void {
    this.#hide(replaced(this.shape.hidden, path, []));
    this.chosen = null;
  }

  duplicate(path: Path): void {
    const block = this.blockAt(path);
    if (block === undefined) return;
    this.insert([...path.slice(0, -1), path.at(-1)! + 1], block);
  }

  /** One argument of the chosen block; undefined takes it back to its default. */
  argument(path: Path | "output", name: string, value: Json | undefined): void {
    if (path === "output") {
      const output = { ...(this.shape.output ?? this.plainOutput) };
      this.#join({ ...this.shape, output: changed(output, name, value) });
      return;
    }
    const block = this.blockAt(path);
    if (typeof block === "number" && name === "units" && typeof value === "number") {
      this.#hide(replaced(this.shape.hidden, path, [value]));
    } else if (typeof block === "number") {
      const [first, ...rest] = writtenOut(block, this.spec);
      this.#hide(replaced(this.shape.hidden, path, [changed(first!, name, value), ...rest]));
    } else if (isTable(block)) {
      this.#hide(replaced(this.shape.hidden, path, [changed(block, name, value)]));
    }
  }

  /** How many blocks lie in the list that a path's last step counts in. */
  neighbours(path: Path): number {
    const list = path.length === 1 ? this.shape.hidden : held(this.blockAt(path.slice(0, -1)));
    return list?.length ?? 0;
  }

  #hide(hidden: Block[]): void {
    this.#join({ ...this.shape, hidden });
  }

  #join(shape: Shape): void {
    const layers = joined(shape, this.plainOutput, !this.data?.network) as Json;
    this.lay({ ...this.named?.change, ...(this.named && { network: undefined }), layers });
  }

  #changed(wait = 120): void {
    sessionStorage.setItem(KEY, JSON.stringify(this.spec));
    this.busy = true;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#look(), wait);
  }

  async #look(): Promise<void> {
    this.#asked.abort();
    this.#asked = new AbortController();
    const { signal } = this.#asked;
    this.busy = true;
    try {
      await this.#describe(signal);
      const asked = this.spec;
      this.check = await post<Check>("check", { spec: asked }, signal);
      this.#checked = layersOf(asked);
      this.problem = null;
      this.busy = false;
    } catch (reason) {
      if (signal.aborted) return;
      this.problem = problemOf(reason);
      this.busy = false;
    }
  }

  /** Ask about the data where something about them has changed; an output made for the former follows the new. */
  async #describe(signal: AbortSignal): Promise<void> {
    const about = aboutData(this.spec);
    if (about === this.#about && this.data) return;
    try {
      this.data = await post<DataTold>("data", { spec: this.spec }, signal);
    } catch (reason) {
      if (!signal.aborted) [this.data, this.check] = [null, null]; // what is on view would be that of other data
      throw reason;
    }
    this.#about = about;
    const [before, now] = [this.plainOutput, this.data.output];
    if (!now) return;
    this.plainOutput = now;
    const own = split(this.spec.layers ?? []);
    if (own.output && same(own.output, before)) {
      this.#history.replace({ ...this.spec, layers: joined({ ...own, output: now }, now, !this.data.network) });
      sessionStorage.setItem(KEY, JSON.stringify(this.spec));
    }
  }
}

function aboutData(spec: Spec): string {
  return JSON.stringify(ABOUT_DATA.map((name) => spec[name] ?? null));
}

/** What decides which layers a spec comes to. */
function layersOf(spec: Spec): string {
  return JSON.stringify([spec.data, spec.network ?? null, spec.layers ?? null]);
}

function changed(table: Table, name: string, value: Json | undefined): Table {
  const made = { ...table };
  if (value === undefined) delete made[name];
  else made[name] = value;
  return made;
}

export const design = new Design();
