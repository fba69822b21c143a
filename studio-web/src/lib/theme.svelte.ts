type Choice = "auto" | "light" | "dark";
const KEY = "pellucid-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

/** Light, dark, or what the system says; charts and pictures draw again when it changes. */
class Theme {
  choice = $state<Choice>((localStorage.getItem(KEY) as Choice | null) ?? "auto");
  #systemDark = $state(system.matches);
  dark = $derived(this.choice === "auto" ? this.#systemDark : this.choice === "dark");

  constructor() {
    system.addEventListener("change", (event) => (this.#systemDark = event.matches));
    this.#show();
  }

  toggle(): void {
    this.choice = this.dark ? "light" : "dark";
    localStorage.setItem(KEY, this.choice);
    this.#show();
  }

  #show(): void {
    if (this.choice === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.choice;
  }
}

export const theme = new Theme();
