import { get } from "./api";
import type { Frame } from "./frames";
import { said } from "./said.svelte";
import { search } from "./search.svelte";
import { Socket, type Message } from "./socket";
import type { Finding, Json, LayerTold, Problem, Row, Run, RunTold, SearchTold, Spec, State } from "./types";

const KEY = "pellucid-run";
const PACE = "pellucid-pace";
const ASKED = "pellucid-asked"; // the runs there were when this tab asked for a training, until that is answered
const ANSWERED_BY = 60_000; // milliseconds, in which a training begins or is refused
const MOST_ROWS = 5000; // of the curve, before it is thinned
const SWIFT = "weights"; // pictures that come most often, and change nothing but a canvas
const PATIENCE = 300; // milliseconds that rows of the curve wait for another picture, to be drawn with it
const LOOK = 2000; // milliseconds between two looks at a run that another program trains, which tells nothing
const ALIVE: State[] = ["starting", "running", "paused", "stopping"];

/** The run that the page shows: what is heard of it, whether it trains or was trained long ago. */
class Live {
  connected = $state(false);
  /** Whether the line was there and is broken. */
  lost = $state(false);
  runs = $state.raw<Run[]>([]);
  id = $state<string | null>(localStorage.getItem(KEY));
  told = $state.raw<RunTold | null>(null);
  /** Whether the run's folder is all there is of it, no trainer. */
  atRest = $state(false);
  state = $state<State>("new");
  words = $state("");
  step = $state(0);
  epoch = $state(0);
  epochs = $state(0);
  steps = $state(0);
  metric = $state("");
  steering = $state(true);
  rows = $state.raw<Row[]>([]);
  speed = $state(0);
  left = $state<number | null>(null);
  /** The step size to which it was changed last, and at which step. */
  changed = $state.raw<{ step: number; value: number } | null>(null);
  /** The most steps a second, 0: as many as it can. */
  pace = $state(Number(sessionStorage.getItem(PACE) ?? 0));
  /** Kernels that are being compiled, for which the first training on a machine waits; 0: none. */
  compiling = $state(0);
  /** Whether a new run was asked for, of which nothing is known yet. */
  blank = $state(false);
  findings = $state.raw<Finding[]>([]);
  /** Whether they are of the whole doctor, who was asked. */
  thorough = $state(false);
  problem = $state.raw<Problem | null>(null);
  refused = $state.raw<Problem | null>(null);
  layers = $state.raw<LayerTold[]>([]);
  frames = $state.raw<Record<string, Frame>>({});
  #seq = 0;
  #request = 0;
  #heard = 0; // counts what is heard of the run shown, and asked of it: what the server answered before may be of old
  #lists = 0; // counts the lists of runs that are heard
  #waits = false; // whether a training was asked for that has neither begun nor been refused
  #first: Message | null = null; // what the run is to do that was asked for, where it is to stand still else
  #paced = 0; // the pace with which it was asked for
  #pressed: (() => void) | null = null; // a training that was asked for before the line was there, and waits for it
  #thinning = false;
  #rows: Message[] = [];
  #timer = 0;
  #look = 0;
  /** Where the page was loaded anew after a start was asked for: the runs of then, and whether they trained. */
  #before: Record<string, boolean> | null = null;
  #watched: Record<string, Json> = {};
  #socket = new Socket({
    message: (message) => this.#hear(message),
    frame: (frame) => this.#see(frame),
    open: () => this.#opened(),
    closed: () => this.#closed(),
  });

  alive = $derived(ALIVE.includes(this.state));
  last = $derived(this.rows.at(-1));

  begin(run: string | null): void {
    if (run) this.id = run;
    else this.#before = askedBefore();
    this.#socket.connect();
    document.addEventListener("visibilitychange", () => this.#ask());
  }

  /** first: all that it is to do until it is told to go on. */
  start(spec: Spec, first: Message | null = null): void {
    this.words = "";
    this.#clear();
    this.#train({ type: "start", spec: spec as Json, paused: first !== null }, first);
  }

  /** A command to the run shown: pause, resume, stop, finish, epoch, steer. */
  tell(type: string, more: Record<string, Json> = {}): void {
    this.#socket.send({ type, run: this.id, ...more });
  }

  /** Training may be asked for next: it begins at once where a trainer waits for it. */
  soon(): void {
    this.#socket.send({ type: "soon" });
  }

  goOn(): void {
    this.#train({ type: "resume_run", run: this.id });
  }

  /** The same anew; what trains here is broken off, and can be gone on with. */
  again(weights: "same" | "new"): void {
    if (this.alive && this.steering) this.tell("stop");
    this.#clear();
    this.#train({ type: "restart", run: this.id, weights });
  }

  /** The most steps a second from now on, 0: as many as it can. */
  walk(pace: number): void {
    this.pace = pace;
    sessionStorage.setItem(PACE, String(pace));
    if (this.alive && this.steering && !this.#waits) this.tell("pace", { value: pace });
  }

  /** What pictures the page wants to see; a hidden tab wants none. */
  watch(topics: Record<string, Json>): void {
    if (JSON.stringify(topics) === JSON.stringify(this.#watched)) return;
    this.#watched = topics;
    this.#ask();
  }

  /** Show another run, from its folder. */
  async show(id: string): Promise<void> {
    if (this.id && this.id !== id) this.tell("close");
    this.#before = null;
    sessionStorage.removeItem(ASKED);
    this.#forget(id);
    await this.#open();
  }

  /** What the run's folder says, once more: a run that has ended can do more. */
  async refresh(): Promise<void> {
    const { id } = this;
    let told: RunTold | null, heard: number;
    do {
      if (!id || id !== this.id) return;
      heard = this.#heard;
      told = await get<RunTold>(`runs/${encodeURIComponent(id)}`).catch(() => null);
    } while (heard !== this.#heard);
    if (id !== this.id) return;
    this.told = told;
    this.atRest = told !== null && !told.live && !this.alive;
  }

  /** The runs as they lie there now; a run shown that is no longer among them, and does not train, is left. */
  async look(): Promise<void> {
    let told: { runs: Run[] } | null, lists: number;
    do {
      lists = this.#lists;
      told = await get<{ runs: Run[] }>("runs").catch(() => null);
    } while (lists !== this.#lists);
    if (!told) return;
    this.runs = told.runs;
    if (this.id && !this.alive && !told.runs.some(({ id }) => id === this.id)) this.#forget(null);
  }

  forget(): void {
    this.#forget(null);
  }

  async #open(): Promise<void> {
    clearTimeout(this.#look);
    this.tell("open", { since: this.#seq });
    await this.refresh();
    if (this.blank) return;
    if (!this.told) return this.look();
    if (!this.told.live && !this.#waits) [this.state, this.atRest] = [this.told.state, true];
    [this.findings, this.thorough] = [this.told.findings, this.told.thorough];
    this.problem = this.told.problem;
    this.epochs = this.told.epochs ?? this.epochs;
    this.metric ||= this.told.watched || (this.told.metric?.name ?? "");
    this.#ask();
    if (this.state === "elsewhere") this.#look = window.setTimeout(() => void this.#open(), LOOK);
  }

  #forget(id: string | null): void {
    clearTimeout(this.#look);
    this.id = id;
    if (id) localStorage.setItem(KEY, id);
    else localStorage.removeItem(KEY);
    Object.assign(this, {
      told: null, atRest: false, state: "new", words: "", step: 0, epoch: 0, epochs: 0, steps: 0, metric: "", steering: true, rows: [],
      compiling: 0, blank: false, speed: 0, left: null, changed: null, findings: [], thorough: false, problem: null, refused: null, layers: [], frames: {},
    });
    [this.#seq, this.#waits] = [0, false];
    this.#rows = [];
  }

  #opened(): void {
    [this.connected, this.lost] = [true, false];
    if (this.#pressed) return this.#pressed();
    // What was asked on a line that broke: whether it has begun is told by the runs that there are.
    if (this.#waits) [this.#waits, this.state, this.#before] = [false, "new", askedBefore()];
    this.#uncover();
  }

  /** Where the studio was started anew, it answers, but wants another word, for which the page asks. */
  #closed(): void {
    [this.connected, this.lost] = [false, true];
    void get("hello").catch(() => null);
  }

  #ask(): void {
    if (!this.id) return;
    this.tell("watch", { topics: document.hidden ? {} : this.#watched, hz: 20 });
  }

  /** Ask for a training; before the line is there, as soon as it is. */
  #train(message: Message, first: Message | null = null): void {
    [this.state, this.refused, this.#waits, this.#before] = ["starting", null, true, null];
    this.#heard++;
    this.#pressed = this.connected ? null : () => this.#train(message, first);
    if (this.#pressed) return;
    [this.#first, this.#paced] = [first, this.pace];
    this.#socket.send({ ...message, pace: this.pace, request: ++this.#request });
    const before = Object.fromEntries(this.runs.map((run) => [run.id, run.live]));
    sessionStorage.setItem(ASKED, JSON.stringify({ at: Date.now(), before }));
  }

  /** What is known of the run shown is not of the one that was asked for. */
  #clear(): void {
    Object.assign(this, { blank: true, atRest: false, step: 0, epoch: 0, epochs: 0, rows: [], speed: 0, left: null, changed: null, findings: [], thorough: false, problem: null });
    this.#rows = [];
  }

  #see(frame: Frame): void {
    if (frame.run !== this.id) return;
    requestAnimationFrame(() => {
      if (frame.run !== this.id) return;
      if (frame.topic !== SWIFT) this.#catchUp();
      this.frames = { ...this.frames, [frame.topic]: frame };
      this.tell("ack", { topic: frame.topic });
    });
  }

  #hear(message: Message): void {
    if (message.type === "hello" || message.type === "runs") {
      this.runs = message.runs as unknown as Run[];
      this.#lists++;
      const alive = this.runs.find((run) => run.live);
      const begun = this.#before && this.runs.find((run) => !(run.id in this.#before!) || (run.live && !this.#before![run.id]));
      if (begun) void this.show(begun.id);
      else if (message.type === "hello" && !this.id && !this.#before && alive) void this.show(alive.id);
      else if (!this.alive && !this.atRest && this.runs.some(({ id }) => id === this.id)) void this.refresh();
      if (message.type === "hello") void search.find();
    } else if (message.type === "search") {
      search.hear(message.search as unknown as SearchTold);
    } else if (message.type === "started") {
      this.#started(message);
    } else if (message.type === "refused" && message.request === this.#request) {
      sessionStorage.removeItem(ASKED);
      [this.refused, this.#waits] = [message as unknown as Problem, false];
      this.state = this.told?.state ?? "refused";
      this.#uncover();
      said.aloud(this.refused.error);
    } else if (message.type === "refused") {
      if (this.alive) said.tell(message.error as string, "bad"); // else its run has ended before an order came to it
    } else if (message.run === this.id && !this.blank) {
      if (typeof message.seq === "number") {
        this.#seq = Math.max(this.#seq, message.seq);
        this.#heard++;
      }
      this.#about(message);
    }
  }

  /** The run that is there, and all of it anew: where one was asked for that is not to be, or the line is another. */
  #uncover(): void {
    this.blank = false;
    this.#seq = 0;
    if (this.id) void this.#open();
  }

  #started(message: Message): void {
    const [id, asked] = [message.run as string, message.request === this.#request];
    if (asked) sessionStorage.removeItem(ASKED);
    if (asked && id !== this.id) {
      this.tell("close");
      this.#forget(id);
    }
    if (id !== this.id || (this.blank && !asked)) return;
    this.#heard++;
    [this.state, this.atRest] = ["starting", false];
    this.epochs = message.epochs as number;
    this.steps = message.steps as number;
    this.metric = message.metric as string;
    this.layers = message.layers as unknown as LayerTold[];
    this.blank = false;
    if (asked) {
      this.#waits = false;
      if (this.#first) this.tell(this.#first.type, this.#first);
      if (this.pace !== this.#paced) this.tell("pace", { value: this.pace });
    }
    void this.refresh();
    this.#ask();
  }

  #about(message: Message): void {
    if (message.type === "curve") {
      this.#rows.push(message);
      this.#timer ||= window.setTimeout(() => this.#catchUp(), Object.keys(this.#watched).length ? PATIENCE : 0);
      return;
    }
    this.#catchUp();
    if (message.type === "state") {
      const was = this.state;
      this.compiling = 0;
      this.state = message.state as State;
      this.step = message.step as number;
      this.epoch = message.epoch as number;
      this.steering = message.steering as boolean;
      this.words = (message.words as string) ?? "";
      if (was !== this.state) said.aloud(this.words || this.state);
      if (was !== this.state && !this.alive) void this.refresh();
    } else if (message.type === "compiling") {
      this.compiling = message.kernels as number;
    } else if (message.type === "rate") {
      this.changed = message as unknown as { step: number; value: number };
    } else if (message.type === "pace") {
      this.pace = message.value as number;
    } else if (message.type === "finding") {
      [this.findings, this.thorough] = [message.findings as unknown as Finding[], message.thorough as boolean];
    } else if (message.type === "problem") {
      this.problem = message as unknown as Problem;
    } else if (message.type === "finished") {
      void this.refresh();
    }
  }

  /** Rows that waited. A page that is drawn for them, and then for a picture, takes twice the time from the training; one
   * that is drawn for each message on a machine too slow for that comes to nothing else, so all that are there are drawn at once. */
  #catchUp(): void {
    clearTimeout(this.#timer);
    this.#timer = 0;
    for (const message of this.#rows.splice(0)) if (message.run === this.id) this.#curve(message);
  }

  /** A long curve anew from the server, which keeps its lowest and highest points; what came meanwhile follows. */
  async #thin(): Promise<void> {
    if (this.#thinning || !this.id) return;
    this.#thinning = true;
    const { id } = this;
    const told = await get<{ rows: Row[] }>(`runs/${encodeURIComponent(id)}/curve?points=2000`).catch(() => null);
    this.#thinning = false;
    const last = told?.rows.at(-1);
    if (told && last && id === this.id) this.rows = [...told.rows, ...this.rows.filter((row) => row[0] > last[0])];
  }

  #curve(message: Message): void {
    const rows = message.rows as unknown as Row[];
    this.rows = message.whole ? rows : [...this.rows.slice(0, message.from as number), ...rows];
    if (this.rows.length > MOST_ROWS) void this.#thin();
    if (rows.length) this.compiling = 0;
    this.speed = (message.speed as number) ?? 0;
    this.left = message.left as number | null;
    // A row tells of a step that may lie before the one at which the run was said to stand.
    const last = rows.at(-1);
    if (last && last[0] > this.step) [this.step, this.epoch] = [last[0], Math.floor(last[1])];
  }
}

/** The runs that there were when this tab last asked for a training, if that was not answered and is not long ago. */
function askedBefore(): Record<string, boolean> | null {
  const asked = JSON.parse(sessionStorage.getItem(ASKED) ?? "null") as { at: number; before: Record<string, boolean> } | null;
  return asked && Date.now() - asked.at < ANSWERED_BY ? asked.before : null;
}

export const live = new Live();
