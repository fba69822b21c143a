import { design } from "./design.svelte";
import { live } from "./live.svelte";
import { isSmall, screen, type ScreenId } from "./screen.svelte";

const KEY = "pellucid-guide";

interface Lesson {
  screen: ScreenId;
  title: string;
  text: string;
  /** What the reader does here; the way on is open once it is done. */
  todo: string;
  done: () => boolean;
}

export const LESSONS: Lesson[] = [
  {
    screen: "data",
    title: "What it learns from",
    text: "Small pictures of digits, each with its right answer. Some are held back: the network never learns them, so they tell whether it has understood or only memorised.",
    todo: "Have a look at the pictures.",
    done: () => design.data?.rows !== undefined,
  },
  {
    screen: "network",
    title: "Build a network",
    text: "Neurons stand in layers. Each one weighs everything that the layer before it says. A layer in the middle lets the network find shapes of its own.",
    todo: "Drag a Dense layer into your network, or press its +.",
    done: () => design.shape.hidden.length > 0,
  },
  {
    screen: "train",
    title: "Train it",
    text: "It guesses, sees the right answer, and turns every weight a little so that the next guess is better. Watch the curve fall; if it falls too fast, choose fewer steps a second beside it.",
    todo: "Press Train.",
    done: () => live.alive || live.rows.length > 0,
  },
  {
    screen: "look",
    title: "Look inside",
    text: "Each picture is what one neuron looks for: blue where ink speaks for it, orange where ink speaks against.",
    todo: "Find a neuron that looks for a stroke you know.",
    done: () => live.frames.weights !== undefined,
  },
  {
    screen: "try",
    title: "Your turn",
    text: "Draw a digit and watch every layer answer while you draw.",
    todo: "Draw a digit.",
    done: () => guide.drawn,
  },
  {
    screen: "results",
    title: "How well it does",
    text: "These are the held-back examples. A mistake is a field off the diagonal: press it to see which pictures fooled the network.",
    todo: "You have trained a neural network. Change something and beat it!",
    done: () => true,
  },
];

/** The first network in three minutes, nothing typed. */
class Guide {
  step = $state<number | null>(null);
  drawn = $state(false);
  met = $state(localStorage.getItem(KEY) === "met");

  lesson = $derived(this.step === null ? null : LESSONS[this.step]!);

  begin(): void {
    this.#meet();
    this.drawn = false;
    design.set({ data: "digits", layers: [] });
    live.forget();
    this.to(0);
  }

  to(step: number): void {
    this.step = step;
    screen.go(LESSONS[step]!.screen);
  }

  /** Whoever goes on by the page's own ways is followed. */
  follow(): void {
    if (this.step === null || !this.lesson?.done()) return;
    const reached = LESSONS.findIndex((lesson) => lesson.screen === screen.now);
    if (reached > this.step) this.step = reached;
  }

  end(): void {
    this.#meet();
    this.step = null;
  }

  #meet(): void {
    this.met = true;
    localStorage.setItem(KEY, "met");
  }
}

export const guide = new Guide();

/** Attach to what a lesson is about: in a small window, where it may stand below, it is brought into view. */
export function goal(id: ScreenId) {
  return (node: HTMLElement): void => {
    if (guide.lesson?.screen !== id || !isSmall()) return;
    node.scrollIntoView({ behavior: "smooth", block: node.offsetHeight < innerHeight / 2 ? "center" : "start" });
  };
}
