/** A plan in numbers: every dispatch with its arithmetic and traffic, and the totals. */
import type { ParameterLayout } from './parameterLayout.ts';
import type { BufferReference, Dispatch, Phase, Plan } from './plan.ts';

export interface DispatchRow {
  phase: Phase;
  layer: string;
  kernel: string;
  workgroups: readonly [number, number, number];
  flops: number;
  /** Bytes of everything it binds: what a kernel moves that touches each byte once. */
  bytes: number;
}

export interface PlanDescription {
  dispatches: number;
  flops: number;
  bytesMoved: number;
  /** Arena and parameter arrays. */
  gpuBytes: number;
  /** Arena alone: activations, gradients of activations and workspace. */
  workspaceBytes: number;
  /** Largest single binding. */
  largestBindingBytes: number;
  /** Largest buffer of the arena. */
  largestBufferBytes: number;
  rows: DispatchRow[];
}

/**
 * A training step: its plan and the optimizer's.
 * @param arrays how many parameter arrays there are: weights, gradients, momentum and, with one, EMA
 */
export function describePlans(
  plans: readonly Plan[],
  layout: ParameterLayout,
  arrays: 3 | 4,
): PlanDescription {
  const rows = plans.flatMap((plan) => plan.dispatches.map((dispatch) => describeDispatch(plan, dispatch)));
  const workspaceBytes = Math.max(...plans.map(arenaBytes));
  const { extents, frozenElements } = layout;
  const elements = extents.other + extents.norm + extents.buffers + frozenElements;
  return {
    dispatches: rows.length,
    flops: rows.reduce((sum, row) => sum + row.flops, 0),
    bytesMoved: rows.reduce((sum, row) => sum + row.bytes, 0),
    gpuBytes: workspaceBytes + arrays * elements * Float32Array.BYTES_PER_ELEMENT,
    workspaceBytes,
    largestBindingBytes: Math.max(
      ...plans.flatMap((plan) =>
        plan.dispatches.flatMap(({ buffers }) => buffers.map((reference) => boundBytes(plan, reference))),
      ),
    ),
    largestBufferBytes: Math.max(...plans.flatMap(({ segments }) => segments)),
    rows,
  };
}

export function arenaBytes(plan: Plan): number {
  return plan.segments.reduce((sum, bytes) => sum + bytes, 0);
}

/** A dispatch with its arithmetic and traffic. */
export function describeDispatch(plan: Plan, { phase, layer, call, buffers }: Dispatch): DispatchRow {
  const bytes = buffers.reduce((sum, reference) => sum + boundBytes(plan, reference), 0);
  const { kernel, workgroups, flops } = call;
  return { phase, layer, kernel, workgroups, flops, bytes };
}

function boundBytes(plan: Plan, reference: BufferReference): number {
  return reference.kind === 'value'
    ? (reference.part?.bytes ?? plan.values.get(reference.id)?.bytes ?? 0)
    : reference.elements * Float32Array.BYTES_PER_ELEMENT;
}
