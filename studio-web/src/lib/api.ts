import { keepToken, token } from "./token.svelte";
import type { Json, Problem } from "./types";
import { asHere } from "./words";

/** What the server refused, in the library's own sentence. */
export class Refused extends Error {
  constructor(readonly problem: Problem, readonly status: number) {
    super(problem.error);
  }
}

export function problemOf(reason: unknown): Problem {
  if (reason instanceof Refused) return { ...reason.problem, error: asHere(reason.problem.error) };
  if (reason instanceof TypeError) {
    return { error: "The studio does not answer.", fix: "Look whether the command `pellucid studio` still runs." };
  }
  return { error: String(reason instanceof Error ? reason.message : reason) };
}

async function send(method: string, path: string, body?: BodyInit, kind?: string, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Authorization: `Bearer ${token.value}` };
  if (kind) headers["Content-Type"] = kind;
  const response = await fetch(`/api/${path}`, { method, headers, body, signal });
  if (response.ok) return response;
  if (response.status === 401) keepToken("");
  let problem: Problem = { error: `The studio answered ${response.status}.` };
  try {
    problem = (await response.json()) as Problem;
  } catch {
    // An answer that is no JSON leaves the status to speak.
  }
  throw new Refused(problem, response.status);
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await send("GET", path, undefined, undefined, signal)).json() as Promise<T>;
}

export async function post<T>(path: string, body: unknown = {}, signal?: AbortSignal): Promise<T> {
  return (await send("POST", path, JSON.stringify(body), "application/json", signal)).json() as Promise<T>;
}

/** An answer that comes in pieces, each of which is told as soon as it is there. */
export async function pour(path: string, body: Json, onpiece: (piece: string) => void, signal: AbortSignal): Promise<void> {
  const response = await send("POST", path, JSON.stringify(body), "application/json", signal);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onpiece(value);
  }
}

export async function patch<T>(path: string, body: Json): Promise<T> {
  return (await send("PATCH", path, JSON.stringify(body), "application/json")).json() as Promise<T>;
}

export async function remove(path: string): Promise<void> {
  await send("DELETE", path);
}

export async function upload<T>(path: string, body: Blob, method = "POST"): Promise<T | null> {
  const response = await send(method, path, body, body.type || "application/octet-stream");
  return response.status === 204 ? null : ((await response.json()) as T);
}

export async function raw(path: string): Promise<ArrayBuffer> {
  return (await send("GET", path)).arrayBuffer();
}

/** Fetch a file, which needs the token, and hand it to the browser under its own name. */
export async function download(path: string, body?: Json): Promise<string> {
  const response = body === undefined
    ? await send("GET", path)
    : await send("POST", path, JSON.stringify(body), "application/json");
  const named = /filename="?([^";]+)"?/.exec(response.headers.get("Content-Disposition") ?? "");
  const link = document.createElement("a");
  link.download = named?.[1] ?? "download";
  link.href = URL.createObjectURL(await response.blob());
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  return link.download;
}
