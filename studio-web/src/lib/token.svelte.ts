const KEY = "pellucid-token";

/** The word that opens this studio; it comes in the link's fragment, which no server ever sees. */
class Token {
  value = $state(localStorage.getItem(KEY) ?? "");
}

export const token = new Token();

export function keepToken(value: string): void {
  token.value = value;
  if (value) localStorage.setItem(KEY, value);
  else localStorage.removeItem(KEY);
}

/** What the link's fragment holds; token, spec and run are wiped from the address at once. */
export function takeFragment(): { spec: string | null; run: string | null } {
  const found = new URLSearchParams(location.hash.slice(1));
  const given = found.get("token");
  if (given) keepToken(given);
  const taken = { spec: found.get("spec"), run: found.get("run") };
  if (given || taken.spec || taken.run) history.replaceState(null, "", location.pathname);
  return taken;
}

/** Whether the fragment holds more than a screen's name: a link of the studio was opened in this very tab. */
export function holdsLink(): boolean {
  return /^#(.*&)?(token|spec|run)=/.test(location.hash);
}

export function toBase64Url(text: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function fromBase64Url(text: string): string {
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder().decode(Uint8Array.from(bytes, (letter) => letter.charCodeAt(0)));
}
