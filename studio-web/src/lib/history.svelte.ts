/** Undo and redo of whole values, a hundred deep. */
export class History<T> {
  now = $state.raw() as T;
  #past: T[] = $state.raw([]);
  #future: T[] = $state.raw([]);
  static readonly DEPTH = 100;

  constructor(first: T) {
    this.now = first;
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  /** Go on to a new value; one equal to the present is none. */
  push(value: T): void {
    if (JSON.stringify(value) === JSON.stringify(this.now)) return;
    this.#past = [...this.#past, this.now].slice(-History.DEPTH);
    this.#future = [];
    this.now = value;
  }

  /** Change the present without a step that could be undone: while a slider moves. */
  replace(value: T): void {
    this.now = value;
  }

  undo(): void {
    const last = this.#past.at(-1);
    if (last === undefined) return;
    this.#past = this.#past.slice(0, -1);
    this.#future = [this.now, ...this.#future];
    this.now = last;
  }

  redo(): void {
    const next = this.#future[0];
    if (next === undefined) return;
    this.#future = this.#future.slice(1);
    this.#past = [...this.#past, this.now];
    this.now = next;
  }
}
