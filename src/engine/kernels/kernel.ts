/**
 * One GPU program together with how often it runs: what a kernel's pure function makes from a shape and a
 * variant.
 *
 * Binding 0 is a uniform block of u32 values, fixed for this call (`constants`). The buffers follow, from
 * binding 1 in the order the kernel's header names them. All are declared read_write: they are parts of the
 * same arena, and WebGPU forbids one buffer to be bound as read and as read_write in one dispatch.
 */
export interface KernelCall {
  /** Name of the kernel and what distinguishes its variant, for example "convolutionForward subgroup8×32". */
  kernel: string;
  /** WGSL; its entry point is `main`. */
  code: string;
  constants: readonly number[];
  workgroups: readonly [number, number, number];
  /** Arithmetic operations, a multiply-add counted as two. */
  flops: number;
}

/** Values a thread handles at once: every channel count inside the engine is a multiple of it. */
export const vectorWidth = 4;

/** Channels as the engine stores them: filled up to whole vectors (3 colours become 4, 13 classes 16). */
export function paddedChannels(channels: number): number {
  return Math.ceil(channels / vectorWidth) * vectorWidth;
}

/** WebGPU's core limit for one dimension of a dispatch. */
export const maxWorkgroupsPerDimension = 65_535;

/** Spreads a count of workgroups over y and z, where one dimension is not enough. */
export function spread(count: number): { y: number; z: number } {
  const z = Math.ceil(count / maxWorkgroupsPerDimension);
  return { y: Math.ceil(count / z), z };
}

/** The uniform block as WGSL, u32 each, packed into vectors as uniform arrays need it. */
export function constantsBlock(names: readonly string[]): string {
  const fields = names.map((name) => `  ${name}: u32,`).join('\n');
  return `struct Constants {\n${fields}\n}\n@group(0) @binding(0) var<uniform> constants: Constants;\n`;
}

/** An f32 as a constant of the uniform block; the kernel takes it by `bitcast<f32>`. */
export function floatBits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
}

/**
 * How activations, which wait for the backward pass, lie in memory. Everything else is always f32: sums, statistics,
 * parameters, and gradients, which are short-lived.
 */
export type StoragePrecision = 'f32' | 'f16';

/** WGSL's type of an activation's vector in memory; `storedIn` exchanges it. */
const storedType = 'alias Stored = vec4f;\n';

/** What a storage buffer is an array of. */
export type BufferElement = 'f32' | 'vec4f' | 'Stored';

/**
 * Declares the storage buffers of a kernel at bindings 1, 2, …, by name. Those of type `Stored` hold activations:
 * read them as `vec4f(x[i])`, write `Stored(value)`.
 */
export function declareBuffers(elements: Readonly<Record<string, BufferElement>>): string {
  const declared = Object.entries(elements).map(
    ([name, element], i) =>
      `@group(0) @binding(${String(i + 1)}) var<storage, read_write> ${name}: array<${element}>;\n`,
  );
  return (Object.values(elements).includes('Stored') ? storedType : '') + declared.join('');
}

/** As declareBuffers, for buffers of vectors; `activations` are those that are `Stored`. */
export function storageBuffers(names: readonly string[], activations: readonly string[] = []): string {
  return declareBuffers(
    Object.fromEntries(names.map((name) => [name, activations.includes(name) ? 'Stored' : 'vec4f'])),
  );
}

/** The same kernel on activations stored in `precision`; kernels come with f32. Needs shader-f16 for f16. */
export function storedIn(call: KernelCall, precision: StoragePrecision): KernelCall {
  if (precision === 'f32' || !call.code.includes(storedType)) return call;
  return {
    ...call,
    kernel: `${call.kernel} f16`,
    code: `enable f16;\n${call.code.replace(storedType, 'alias Stored = vec4<f16>;\n')}`,
  };
}

/** Repeats WGSL for i in [0, count). */
export function unroll(count: number, line: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => line(i)).join('\n');
}

/**
 * What changes from step to step, in the order of the uniform block. Kernels that read it have it as their
 * last binding.
 */
export const stepParameterNames = [
  /** 1: gradients are added to what the step's earlier batches left; 0: they replace it. */
  'accumulate',
  /** What the loss of one image weighs in the step's gradient: gradient weight / batch size. */
  'lossWeight',
  /** 1: this batch's statistics move the running ones. */
  'movesRunningStatistics',
  'learningRate',
  /** Share of the old EMA weights; 0 copies, and 1 leaves them. */
  'emaDecay',
] as const;

export type StepParameter = (typeof stepParameterNames)[number];

export const stepParameterBytes = 32;

export function stepBlock(binding: number): string {
  const fields = stepParameterNames.map((name) => `  ${name}: f32,`).join('\n');
  return `struct Step {\n${fields}\n}\n@group(0) @binding(${String(binding)}) var<uniform> step: Step;\n`;
}

/** Threads of a workgroup that handles one vector each. */
export const elementwiseThreads = 64;

/** Workgroups for one thread per vector; `elementIndex` in WGSL is the thread's vector. */
export function elementwiseGrid(vectors: number): readonly [number, number, number] {
  const count = Math.ceil(vectors / elementwiseThreads);
  const y = Math.ceil(count / maxWorkgroupsPerDimension);
  return [Math.ceil(count / y), y, 1];
}

/** Opens `main` for one thread per vector; needs `vectors` among the constants. */
export const elementwiseMain = `@compute @workgroup_size(${String(elementwiseThreads)})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (group.y * groups.x + group.x) * ${String(elementwiseThreads)}u + local;
  if (index >= constants.vectors) { return; }
`;
