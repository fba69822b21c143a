/** One tooltip for the page: what is hovered or focused says its piece. */
class Tip {
  text = $state("");
  x = $state(0);
  y = $state(0);
  #at: Element | null = null;

  show(element: Element, text: string): void {
    const box = element.getBoundingClientRect();
    this.#at = element;
    this.text = text;
    this.x = box.left + box.width / 2;
    this.y = box.bottom + 6;
  }

  hide(element: Element): void {
    if (this.#at !== element) return;
    this.#at = null;
    this.text = "";
  }
}

export const tipped = new Tip();

/** Attach to an element: `{@attach tip("...")}`; a screen reader reads it as the description. */
export function tip(text: string | null | undefined) {
  return (element: Element) => {
    if (!text) return;
    element.setAttribute("aria-description", text);
    const show = () => tipped.show(element, text);
    // An element may lose the focus, or go, while the page is drawn, when no state may change.
    const hide = () => queueMicrotask(() => tipped.hide(element));
    const on = ["pointerenter", "focus"], off = ["pointerleave", "blur", "pointerdown"];
    for (const event of on) element.addEventListener(event, show);
    for (const event of off) element.addEventListener(event, hide);
    return () => {
      hide();
      for (const event of on) element.removeEventListener(event, show);
      for (const event of off) element.removeEventListener(event, hide);
    };
  };
}
