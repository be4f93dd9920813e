/** What compiling ends in: a flat list of dispatches over placed buffers. Nothing here touches a GPU. */
import type { KernelCall } from '../kernels/kernel.ts';

/** A range of the arena that holds one intermediate result while it is needed. */
export interface PlacedValue {
  id: string;
  bytes: number;
  segment: number;
  /** A multiple of 256. */
  offset: number;
}

export type ParameterArray = 'weights' | 'gradients' | 'momentum' | 'ema';

/** What a dispatch binds: an intermediate result or a part of it, or a range of a parameter array (in elements). */
export type BufferReference =
  | { kind: 'value'; id: string; part?: { offset: number; bytes: number } }
  | { kind: 'parameters'; array: ParameterArray; offset: number; elements: number };

export type Phase = 'forward' | 'backward' | 'update';

export interface Dispatch {
  /** The layer or activation it belongs to. */
  layer: string;
  phase: Phase;
  call: KernelCall;
  buffers: readonly BufferReference[];
  /** Whether the step's parameters are its last binding. */
  readsStep: boolean;
}

export interface Plan {
  dispatches: readonly Dispatch[];
  values: ReadonlyMap<string, PlacedValue>;
  /** Bytes of each segment of the arena. */
  segments: readonly number[];
}

/** Ids of the values that the runtime fills or reads. */
export const wellKnown = {
  /** [batch, size, size, 3], filled before the step. */
  images: 'images',
  /** [batch, paddedChannels(classes)], filled before the step. */
  targets: 'targets',
  /** [batch, 2], read after it; see softmaxCrossEntropy. */
  metrics: 'metrics',
  /** [batch, paddedChannels(classes)], read after an evaluation. */
  logits: 'logits',
} as const;
