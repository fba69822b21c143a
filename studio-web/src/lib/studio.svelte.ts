import { get, post, problemOf } from "./api";
import { design } from "./design.svelte";
import { live } from "./live.svelte";
import { said } from "./said.svelte";
import { screen } from "./screen.svelte";
import { fromBase64Url, takeFragment, toBase64Url, token } from "./token.svelte";
import type { Hello, Part, Problem, Schema, Spec } from "./types";

/** What the server offers, and the page's first steps. */
class Studio {
  schema = $state.raw<Schema | null>(null);
  hello = $state.raw<Hello | null>(null);
  problem = $state.raw<Problem | null>(null);
  #taken: ReturnType<typeof takeFragment> | null = null;

  async begin(): Promise<void> {
    const taken = (this.#taken ??= takeFragment()); // kept while the page asks for the word that opens the studio
    screen.begin();
    if (!token.value) return;
    try {
      [this.hello, this.schema] = await Promise.all([get<Hello>("hello"), get<Schema>("schema")]);
      this.#taken = { spec: null, run: null };
      const shared = taken.spec ? await this.#shared(taken.spec) : null;
      design.begin(shared ?? this.hello.start.spec);
      live.begin(taken.run ?? this.hello.start.run);
      this.problem = null;
    } catch (reason) {
      this.problem = problemOf(reason);
    }
  }

  /** The spec of a shared link; of a link that was cut short none, which is told. */
  async #shared(text: string): Promise<Spec | null> {
    try {
      const { spec } = await post<{ spec: Spec }>("spec", { toml: fromBase64Url(text) });
      said.tell("The network of the link is here.");
      return spec;
    } catch (reason) {
      if (reason instanceof TypeError) throw reason; // the studio does not answer
      said.tell("The link holds no network that can be read: was it copied whole?", "bad");
      return null;
    }
  }

  part(family: string, name: string): Part | undefined {
    return (this.schema?.[family] as Part[] | undefined)?.find((part) => part.class === name || part.name === name);
  }

  /** A link that opens this spec; it stays in the fragment, which is sent to no server. */
  async link(): Promise<string> {
    const { toml } = await post<{ toml: string }>("spec", { spec: design.spec });
    return `${location.origin}${location.pathname}#spec=${toBase64Url(toml)}`;
  }
}

export const studio = new Studio();
