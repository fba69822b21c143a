import Sortable, { type SortableEvent } from "sortablejs";
import type { Path } from "../../lib/types";

interface Dropped {
  /** The class of a block dragged in, or where one was before. */
  from: string | Path;
  /** Counted with a block that moves still in its old place. */
  to: Path;
}

const SHARED = {
  animation: 140,
  forceFallback: true,
  fallbackOnBody: true,
  fallbackTolerance: 4,
  delay: 160,
  delayOnTouchOnly: true,
  touchStartThreshold: 5,
} as const;

/** Blocks that can be dragged out of the list, never into it. */
export function source(element: HTMLElement) {
  const sortable = Sortable.create(element, {
    ...SHARED, sort: false, group: { name: "blocks", pull: "clone", put: false }, draggable: "[data-class]",
  });
  return () => sortable.destroy();
}

/** A list of blocks that takes blocks in; Svelte draws what the drop means, so the page is put back as it was. */
export function target(path: Path, ondrop: (dropped: Dropped) => void) {
  return (element: HTMLElement) => {
    const sortable = Sortable.create(element, {
      ...SHARED, group: "blocks", draggable: "[data-block]", filter: "input, select, textarea", preventOnFilter: false,
      swapThreshold: 0.6, ghostClass: "ghost",
      onAdd: (event) => {
        const { item, clone, newDraggableIndex } = event;
        const named = item.dataset.class;
        const index = indexOf(element, item, newDraggableIndex);
        if (named) clone.replaceWith(item);
        else back(event);
        ondrop({ from: named ?? placeOf(item), to: [...path, index] });
      },
      onUpdate: (event) => {
        const { oldDraggableIndex: old = 0, newDraggableIndex: now = 0 } = event;
        back(event);
        ondrop({ from: [...path, old], to: [...path, now > old ? now + 1 : now] });
      },
    });
    return () => sortable.destroy();
  };
}

function placeOf(item: HTMLElement): Path {
  return JSON.parse(item.dataset.block ?? "[]") as Path;
}

/** How many blocks stand before the item; what was dragged in from the palette is no block to Sortable's count. */
function indexOf(list: HTMLElement, item: HTMLElement, counted: number | undefined): number {
  if (!item.dataset.class) return counted ?? 0;
  let index = 0;
  for (const child of list.children) {
    if (child === item) break;
    if (child.matches("[data-block]")) index++;
  }
  return index;
}

function back({ item, from, oldIndex = 0 }: SortableEvent): void {
  item.remove();
  from.insertBefore(item, from.children[oldIndex] ?? null);
}
