import { raw } from "./api";
import { unpack } from "./frames";
import { live } from "./live.svelte";
import type { Json } from "./types";

/** Ask for pictures of a run: live ones while it trains, one each from its folder where it does not. */
export function watched(topics: () => Record<string, Record<string, Json>>): void {
  $effect(() => {
    const wanted = topics();
    const { id, alive } = live;
    live.watch(alive ? wanted : {});
    if (!id || alive || !live.atRest) return;
    let over = false; // what is wanted is another by now: what was asked for before comes too late
    for (const [topic, about] of Object.entries(wanted)) void fetched(id, topic, about, () => over);
    return () => (over = true);
  });
  $effect(() => () => live.watch({}));
}

async function fetched(id: string, topic: string, about: Record<string, Json>, over: () => boolean): Promise<void> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(about)) query.set(name, String(value));
  try {
    const frame = unpack(await raw(`runs/${encodeURIComponent(id)}/picture/${topic}?${query}`));
    if (!over()) live.frames = { ...live.frames, [topic]: frame };
  } catch {
    // A run without this picture shows that it has none.
  }
}
