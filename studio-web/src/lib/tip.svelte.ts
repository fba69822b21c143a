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
    // What is pressed has the focus, too: a tooltip over what was just chosen is in the way, but of a word it is all.
    const focused = () => {
      if (!element.matches("button:not(.term), a") || element.matches(":focus-visible")) show();
    };
    // An element may lose the focus, or go, while the page is drawn, when no state may change.
    const hide = () => queueMicrotask(() => tipped.hide(element));
    const heard = { pointerenter: show, focus: focused, pointerleave: hide, blur: hide, pointerdown: hide };
    for (const [event, act] of Object.entries(heard)) element.addEventListener(event, act);
    return () => {
      hide();
      for (const [event, act] of Object.entries(heard)) element.removeEventListener(event, act);
    };
  };
}
