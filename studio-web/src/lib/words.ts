/** Words a beginner knows for the field's terms; what has none is told by its own name. */
interface Word {
  label: string;
  term: string;
}

const WORDS: Record<string, string> = {
  units: "Neurons",
  filters: "Filters",
  kernel_size: "Size of a filter",
  num_heads: "Heads",
  key_dim: "Numbers of a head",
  return_sequences: "An answer at each step",
  input_dim: "How many there are",
  output_dim: "Numbers for each",
  use_causal_mask: "Look back only (causal)",
  rate: "Share switched off",
  layers: "Layers",
  network: "A network by its name",
  activation: "Bend (activation)",
  use_bias: "Own offset (bias)",
  batch_size: "Examples per step",
  epochs: "Rounds (epochs)",
  learning_rate: "Step size",
  class_weight: "How much each class counts",
  optimizer: "How it steps",
  loss: "What counts as wrong",
  schedule: "Step size over time",
  validation_split: "Share held back to watch",
  seed: "Chance number (seed)",
  dropout: "Share switched off",
  batch_norm: "Even out each layer",
  l1: "Pull weights to zero (L1)",
  l2: "Keep weights small (L2)",
  patience: "Stop after rounds without gain",
  until_converged: "Until it gains no more",
  scale: "Inputs brought to scale",
  window: "Length of a sample",
  stride: "From one to the next",
  group_by: "Keep together by",
  recurrent_activation: "Bend of the gates",
  sampler: "How tries are chosen",
  pruner: "Giving up early",
  target: "The column to be said",
  ahead: "Steps ahead",
  folds: "Judge each by so many parts",
  search_seed: "Chance number (seed)",
  task: "Kind of answer",
  split_by: "Keep together by",
  split_time: "Test on the latest by",
  kernel_initializer: "First weights",
  bias_initializer: "First offsets",
  kernel_regularizer: "Penalty on weights",
  bias_regularizer: "Penalty on offsets",
  kernel_constraint: "Limit of weights",
  bias_constraint: "Limit of offsets",
  activity_regularizer: "Penalty on outputs",
  lenet: "LeNet",
  cnn: "CNN",
  small_cnn: "Small CNN",
  conv1d: "Conv1D",
  gru: "GRU",
  lstm: "LSTM",
};

/** Terms in the library's sentences: the page's words for them, or, where it has none, what they say. */
const SPOKEN: Record<string, { word: string; says: string }> = {
  "learning rate": { word: "step size", says: "Learning rate: how far each step turns the weights." },
  epoch: { word: "round", says: "Epoch: once through all examples that are learned." },
  unit: { word: "neuron", says: "Unit: the field's word for a neuron of a layer." },
  loss: { word: "loss", says: "How wrong it is: what training makes smaller." },
  gradient: { word: "gradient", says: "How much less wrong it would be if a number were a little larger: by it training turns each weight." },
  dummy: { word: "dummy", says: "An answer that needs no network: always the mean, or the commonest one." },
};

/** A sentence of the library's in pieces: as it stands, or a word of the page's with what it says in its tooltip. */
export function inWords(text: string): { word: string; says?: string }[] {
  return text.split(/\b((?:learning rate|epoch|unit|gradient)s?|loss|dummy)\b/i).map((piece, i) => {
    if (i % 2 === 0) return { word: piece };
    const plain = piece.toLowerCase(), several = !(plain in SPOKEN);
    const { word, says } = SPOKEN[several ? plain.slice(0, -1) : plain]!;
    const large = piece.charAt(0) !== plain.charAt(0);
    return { word: (large ? word.charAt(0).toUpperCase() + word.slice(1) : word) + (several ? "s" : ""), says };
  });
}

/** What data are called: a data set's name, or a file's without the way to it. */
export function dataName(data: string): string {
  return data.split(/[/\\]/).findLast(Boolean) ?? data;
}

/** A sentence in which the command line's options are called as the page calls them. */
export function asHere(text: string): string {
  return text
    .replace(/: --(?:drop|keep) .+?(?=\.?$)/, (option) => `: choose “${option.startsWith(": --drop") ? "left out" : "to learn from"}” beside it`)
    .replace(/(?<=^|[ (])--([a-z]+(?:-[a-z]+)*)/g, (_, name: string) => `“${words(name.replaceAll("-", "_")).label}”`);
}

export function words(name: string): Word {
  const plain = name.replaceAll("_", " ");
  return { label: WORDS[name] ?? plain.charAt(0).toUpperCase() + plain.slice(1), term: plain };
}
