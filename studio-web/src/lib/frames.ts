import type { Json } from "./types";

/** A picture as it comes: a header, and arrays by their names. */
export interface Frame {
  run: string;
  topic: string;
  step: number;
  epoch: number;
  arrays: Record<string, Shaped>;
  header: Record<string, Json>;
}

export interface Shaped {
  shape: number[];
  values: Float32Array | Float64Array | Int32Array | Uint8Array | BigInt64Array | Int8Array;
}

const TYPES = {
  float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array, int8: Int8Array, int64: BigInt64Array,
} as const;

interface Place {
  name: string;
  dtype: keyof typeof TYPES;
  shape: number[];
  offset: number;
}

/** 4 bytes of length, a header in JSON, then the arrays as they lie in memory. */
export function unpack(message: ArrayBuffer): Frame {
  const length = new DataView(message).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(message, 4, length)));
  const arrays: Record<string, Shaped> = {};
  for (const { name, dtype, shape, offset } of header.arrays as Place[]) {
    const size = shape.reduce((product, side) => product * side, 1);
    arrays[name] = { shape, values: new TYPES[dtype](message, 4 + length + offset, size) };
  }
  return { run: header.run, topic: header.topic, step: header.step, epoch: header.epoch, arrays, header };
}

/** Why there is no picture, where there is none. */
export function whyNone(frame: Frame | undefined): string {
  const problem = frame?.header.problem;
  return typeof problem === "object" && problem !== null && "error" in problem ? String(problem.error) : "";
}

/** The i-th of what lies along the first axis, as plain numbers. */
export function part(array: Shaped, index: number): ArrayLike<number> {
  const size = array.shape.slice(1).reduce((product, side) => product * side, 1);
  return (array.values as Float32Array).subarray(index * size, (index + 1) * size);
}
