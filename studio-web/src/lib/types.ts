/** What page and server say to each other; src/pellucid/studio/PROTOCOL.md tells it in words. */
import type { PatchTold } from "./views";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Table = { class: string; [argument: string]: Json };
export type Block = number | Table;
export type Path = number[];

export interface Spec {
  data: string;
  /** Those that suit the data, where it says none. */
  layers?: Block[];
  [field: string]: Json | undefined;
}

export interface Problem {
  error: string;
  where?: string;
  expected?: string;
  got?: string;
  fix?: string;
  /** Whether a copy of the table would help, in which wrong cells are empty. */
  emptied?: boolean;
}

export interface Argument {
  name: string;
  kind: "int" | "float" | "bool" | "str" | "shape" | "list" | "part" | "any";
  default?: Json;
  required: boolean;
  optional: boolean;
  family: string | null;
  choices: Json[] | null;
  simple: boolean;
  help: string;
}

export interface Part {
  class: string;
  name: string;
  family: string;
  group: string;
  title: string;
  help: string;
  text: string;
  terms: string[];
  holds: string | null;
  in_palette: boolean;
  /** Whether it is, where the data are a text. */
  of_text?: boolean;
  arguments: Argument[];
}

export interface Field {
  name: string;
  description: string;
  kind: "int" | "float" | "bool" | "str" | "list" | "named" | "layers";
  default?: Json;
  minimum: number | null;
  maximum: number | null;
  exclusive: boolean;
  choices: Json[] | null;
  optional: boolean;
  family: string | null;
  simple: boolean;
  group: string;
}

export interface DataSet {
  name: string;
  label: string;
  kind: "images" | "points" | "curve" | "text" | "windows";
  samples: number;
  shape: number[];
  classes: number | null;
  source: string;
  licence: string;
  at_hand: boolean;
  help: string;
}

export interface Start {
  id: string;
  title: string;
  help: string;
  spec: Spec;
}

export interface Schema {
  layers: Part[];
  spec: Field[];
  datasets: DataSet[];
  starts: Start[];
  tuning: Tuning;
  [family: string]: Part[] | Field[] | DataSet[] | Start[] | Tuning;
}

export interface Hello {
  version: string;
  folder: string;
  runs: string;
  extras: Record<string, boolean>;
  start: { spec: Spec | null; run: string | null };
}

export interface Column {
  name: string;
  kind: "number" | "category" | "boolean" | "date" | "text";
  missing: number;
  different: number;
  role: "input" | "target" | "left out";
  said: string;
  becomes: string;
  inputs: number;
  histogram?: { edges?: number[]; words?: string[]; counts: number[] } | null;
}

export type Picture = number[][] | number[][][];

export interface Sample {
  names?: string[];
  rows?: Json[][];
  x?: number[][];
  y?: (number | string)[];
  pictures?: Picture[];
  /** Readings by window and step, those of every channel; what the channels are called, and between what they lie. */
  windows?: number[][][];
  channels?: string[];
  ranges?: [number, number][];
  text?: string;
  labels?: (number | string)[];
}

export interface DataTold {
  data: string;
  kind?: "table" | "images" | "points" | "curve" | "text" | "windows" | "arrays";
  rows?: number;
  task?: "classification" | "regression" | "labels";
  classes?: string[] | null;
  shape?: number[];
  outputs?: number;
  parts?: { train: number; watch: number; test: number };
  why_held?: string;
  remarks?: string[];
  output?: Table;
  /** The network that layers which are only numbers of neurons stand for, where it is another than they say. */
  network?: string | null;
  columns?: Column[] | null;
  target?: string[];
  guessed?: boolean;
  /** Whether classes that are numbers might be meant as such. */
  doubtful?: boolean;
  /** The mark with which a table's numbers are written. */
  decimal?: string;
  sample?: Sample | null;
  problem?: Problem | null;
}

export interface Finding {
  rule: string;
  title: string;
  evidence: string;
  confidence: number | null;
  meaning: string;
  remedy: string;
  change: Record<string, Json>;
  where: string;
  kind: "fault" | "remark";
}

/** What any search is asked: how long, and how it searches. */
export interface Tuning {
  seconds: number[];
  trials: number;
  how: Field[];
}

export interface SearchForm {
  vary: { name: string; words: string; space: Json; on: boolean; needs: string | null }[];
  replaces: boolean;
  metrics: { name: string; more: boolean; usual: boolean }[];
}

/** How long to search on. */
export interface Budget {
  trials: number | null;
  seconds: number | null;
}

export interface Try {
  number: number;
  state: "done" | "failed";
  seconds: number;
  reason: string;
  scores: Record<string, number>;
  values: Record<string, Json>;
}

export interface SearchTold {
  id: string;
  state: "searching" | "stopping" | "training" | "done" | "stopped" | "failed" | "elsewhere";
  live: boolean;
  words: string;
  data: string;
  metric: { name: string; more: boolean };
  trials: [number, number | null, Try["state"] | "running" | "pruned"][];
  /** Further metrics, with a value for each of the trials. */
  others: { name: string; more: boolean; values: (number | null)[] }[];
  best: number | null;
  top: Try[];
  seconds: number;
  left: number | null;
  budget: Budget;
  remarks: string[];
  problem: Problem | null;
}

export interface BlockTold {
  entry: Path | null;
  class: string;
  name: string;
  output: (number | null)[];
  parameters: number;
  memory: number;
  activation: string | null;
}

export interface BlockProblem extends Problem {
  entry: Path | null;
  field: string | null;
  argument: string | null;
  /** In plain words, and the block that would make it right, where one would, and where it goes. */
  mend?: { says: string; words?: string; at?: Path; block?: Table };
}

export interface Check {
  ok: boolean;
  input?: number[];
  parameters?: number;
  memory?: number;
  blocks?: BlockTold[];
  output?: Table;
  problems: BlockProblem[];
  findings?: Finding[];
  epochs?: number;
  steps?: number;
  code?: { toml: string; command: string; python: string };
  /** What is taken where nothing is set. */
  usual?: Record<string, Json>;
  /** Fields that say nothing of this network, and of others the words that suit the data. */
  idle?: string[];
  fits?: Record<string, string[]>;
  /** Where the layers are those of a network with a name: what to lay over the spec, so that they are its own. */
  written?: { network: string; change: Record<string, Json> } | null;
}

export type State =
  | "new" | "starting" | "running" | "paused" | "stopping" | "stopped" | "done" | "diverged" | "crashed" | "refused"
  | "elsewhere";

export interface Run {
  id: string;
  state: State;
  data: string;
  task: string;
  metric: { name: string; value: number } | null;
  epochs: number | null;
  epochs_done: number;
  parameters: number | null;
  seconds: number | null;
  changed: number;
  size: number;
  live: boolean;
}

export interface InputTold {
  kind: "row" | "picture" | "numbers" | "text" | "windows";
  shape: number[];
  example?: Json;
  columns?: { name: string; kind: string; levels?: string[] }[];
  /** What each single number of it is called; of a window, each of a step. */
  inputs?: string[];
  /** Of a window, between what each of these lies. */
  ranges?: [number, number][];
}

export interface RunTold extends Run {
  spec: Spec;
  metrics: Record<string, Json> | null;
  /** The metric of which there is a curve. */
  watched: string;
  /** Where it answers over HTTP, while it does. */
  served: string | null;
  problem: Problem | null;
  findings: Finding[];
  /** Whether the whole doctor has looked. */
  thorough: boolean;
  classes: string[] | null;
  input: InputTold | null;
  /** The mark with which its table's numbers are written. */
  decimal?: "." | ",";
  /** Whether the numbers that it says were brought to scale for the training. */
  scaled?: boolean;
  can: string[];
  missing?: Problem | null;
}

/** step, epoch, loss, metric, val_loss, val_metric, learning_rate */
export type Row = [number, number, number | null, number | null, number | null, number | null, number | null];

export interface LayerTold {
  name: string;
  class: string;
  output: (number | null)[];
  weights: number[] | null;
}

export interface Example {
  row: number;
  true: string;
  said: string;
  sure: number | null;
  loss: number;
  picture: Picture | null;
  /** Readings by step, those of every channel. */
  window?: number[][];
  cells: Record<string, Json> | null;
  /** What was read before it was to say what follows. */
  text?: string;
  x: number[] | null;
}

export interface Results {
  task: string;
  classes: string[] | null;
  matrix?: number[][];
  accuracy?: number;
  per_class?: Json[];
  points?: [number, number][];
  worst: Example[];
  samples: number;
}

export interface Prediction {
  said: string;
  outputs: { name: string; value: number }[];
  seen: number[][] | null;
  /** `pictures`: of maps, how many there are, and their height and width; they follow one another in `values`. */
  layers: { name: string; class: string; shape: number[]; values: number[]; pictures?: [number, number, number] }[];
  /** share: of all that moves the answer; moved: how far, in its own units. */
  why: { input: string; share: number; moved: number }[] | null;
  /** Of one of the rows to test on: the right answer, and its cells. */
  true: string | null;
  row: Record<string, Json> | null;
  x: number[];
}

export interface Told {
  shape: number[];
  values: (number | string)[] | null;
  summary?: { min: number; max: number; mean: number };
}

export interface ExplainStep {
  phase: "forward" | "loss" | "backward" | "update";
  name: string;
  kind: string;
  formula: string;
  inputs: Record<string, Told>;
  outputs: Record<string, Told>;
  notes: string[];
}

export interface Explanation {
  key: string;
  loss: number | null;
  true: string | null;
  said: string;
  learning_rate: number | null;
  notes: string[];
  steps: ExplainStep[];
}

export interface Why {
  name: string;
  index: number[];
  formula: string;
  value: number;
  sum: number;
  terms: { label: string; factors: Json; value: number }[];
  update_formula?: string | null;
  update?: { name: string; before: number; after: number | null }[] | null;
  notes: string[];
  /** What it was computed from, where it is no sum. */
  inputs: Record<string, number>;
  /** The same as pictures: the patch that it saw, and where its gradient goes. */
  views: PatchTold[];
}
