/** What the page says once: to screen readers in a live region, and to everyone as a passing message. */
class Said {
  live = $state("");
  toast = $state<{ text: string; kind: "plain" | "bad" } | null>(null);
  #timer = 0;

  /** For screen readers: what has just changed, where the eye sees it anyway. */
  aloud(text: string): void {
    this.live = this.live === text ? `${text}\u00a0` : text;
  }

  tell(text: string, kind: "plain" | "bad" = "plain"): void {
    this.aloud(text);
    this.toast = { text, kind };
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => (this.toast = null), kind === "bad" ? 12_000 : 5_000);
  }

  /** Put text where it can be pasted from; whether the browser let us. */
  async copy(text: string): Promise<boolean> {
    const done = await navigator.clipboard.writeText(text).then(() => true, () => false);
    if (done) this.tell("Copied.");
    else this.tell("The browser does not let the page copy: select the text, and copy it by hand.", "bad");
    return done;
  }

  dismiss(): void {
    this.toast = null;
  }
}

export const said = new Said();
