import { get, post, problemOf, remove } from "./api";
import { said } from "./said.svelte";
import type { Budget, Json, Problem, RunTold, SearchTold } from "./types";

const KEY = "pellucid-search";
const LOOK = 2000; // milliseconds

/** The search for better settings that the page shows: one that goes on, or one that has ended. */
class Search {
  told = $state.raw<SearchTold | null>(null);
  /** The run of the best network, once it is trained. */
  run = $state.raw<RunTold | null>(null);
  starting = $state(false);
  problem = $state.raw<Problem | null>(null);
  #look = 0;
  #asked = 0;

  /** What the page showed before it was loaded anew, or before the line broke. */
  async find(): Promise<void> {
    const id = this.told?.id ?? localStorage.getItem(KEY);
    if (!id) return;
    const [before, asked] = [this.told, ++this.#asked];
    const told = await get<SearchTold>(`tune/${encodeURIComponent(id)}`).catch(() => null);
    if (asked !== this.#asked || before !== this.told) return; // of which something newer was heard, or asked
    if (told) this.hear(told);
    else this.leave();
    // Another program tells nothing: its search is looked at now and then.
    clearTimeout(this.#look);
    if (told?.state === "elsewhere") this.#look = window.setTimeout(() => void this.find(), LOOK);
  }

  /** News of the search shown; of another one only where that goes on, and this does not. */
  hear(told: SearchTold): void {
    const mine = this.told?.id === told.id;
    if (this.told && !mine && !told.live) return;
    if (told.state !== this.told?.state) said.aloud(told.words);
    if (!mine || told.live) this.run = null;
    this.told = told;
    localStorage.setItem(KEY, told.id);
    if (told.state === "done" && !this.run) void this.#winner(told.id);
  }

  /** One that was begun earlier, or on the command line. */
  show(id: string): Promise<void> {
    localStorage.setItem(KEY, id);
    return this.find();
  }

  begin(asked: { [name: string]: Json }): Promise<void> {
    return this.#start("tune", asked);
  }

  goOn(budget: Budget): Promise<void> {
    return this.#start(`tune/${encodeURIComponent(this.told!.id)}/resume`, { ...budget });
  }

  async stop(): Promise<void> {
    try {
      await post<null>(`tune/${encodeURIComponent(this.told!.id)}/stop`);
    } catch (reason) {
      said.tell(problemOf(reason).error, "bad");
    }
  }

  /** Remove the search shown, for good. */
  async drop(): Promise<void> {
    const { id } = this.told!;
    try {
      await remove(`tune/${encodeURIComponent(id)}`);
      if (this.told?.id === id) this.leave();
    } catch (reason) {
      said.tell(problemOf(reason).error, "bad");
    }
  }

  /** Make room for another search. */
  leave(): void {
    clearTimeout(this.#look);
    this.#asked++;
    [this.told, this.run, this.problem] = [null, null, null];
    localStorage.removeItem(KEY);
  }

  async #start(path: string, asked: { [name: string]: Json }): Promise<void> {
    [this.starting, this.problem] = [true, null];
    const before = this.told;
    try {
      const told = await post<SearchTold>(path, asked);
      if (before === this.told) this.hear(told); // else the line was quicker, and may have told more
    } catch (reason) {
      this.problem = problemOf(reason);
      said.aloud(this.problem.error);
    }
    this.starting = false;
  }

  async #winner(id: string): Promise<void> {
    const run = await get<RunTold>(`runs/${encodeURIComponent(id)}`).catch(() => null);
    if (this.told?.id === id && this.told.state === "done") this.run = run;
  }
}

export const search = new Search();
