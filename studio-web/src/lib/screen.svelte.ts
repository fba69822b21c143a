import type { IconName } from "../parts/Icon.svelte";
import { holdsLink } from "./token.svelte";

export const SCREENS = [
  { id: "data", label: "Data", title: "What it learns from" },
  { id: "network", label: "Network", title: "Your network" },
  { id: "train", label: "Train", title: "Training" },
  { id: "look", label: "Look", title: "Look inside" },
  { id: "try", label: "Try", title: "Try it" },
  { id: "results", label: "Results", title: "How well it does" },
  { id: "runs", label: "Runs", title: "All runs" },
] as const satisfies { id: IconName; label: string; title: string }[];

/** Where one comes by a button, not by the head. */
const ASIDE = [{ id: "search", label: "Search", title: "Search for better settings" }] as const;
const ALL = [...SCREENS, ...ASIDE];

export type ScreenId = (typeof ALL)[number]["id"];

/** Whether the parts of a screen stand below each other, as on a phone. */
export const isSmall = () => innerWidth < 900;

/** Which screen is shown; the address says it, so that the browser's back button goes back. */
class Screen {
  now = $state<ScreenId>("data");
  title = $derived(ALL.find(({ id }) => id === this.now)!.title);

  begin(): void {
    addEventListener("hashchange", () => this.#read());
    this.#read();
  }

  go(id: ScreenId): void {
    if (this.now !== id) {
      location.hash = id;
      document.querySelector("main")?.focus({ preventScroll: true }); // what was pressed may be gone
    }
    this.now = id;
    scrollTo(0, 0);
  }

  #read(): void {
    if (holdsLink()) return location.reload();
    const found = ALL.find(({ id }) => id === location.hash.slice(1));
    if (found) this.now = found.id;
  }
}

export const screen = new Screen();
