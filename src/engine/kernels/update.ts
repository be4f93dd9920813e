/** The optimizer and the EMA over flat arrays, and the sum of split-K partials. */
import {
  constantsBlock,
  elementwiseGrid,
  elementwiseMain,
  stepBlock,
  storageBuffers,
  vectorWidth,
  type KernelCall,
} from './kernel.ts';

export interface OptimizerSettings {
  momentum: number;
  nesterov: boolean;
  /** Of convolutions and the linear layer, its bias included. */
  weightDecay: number;
  /** Of batch norm's γ and β. */
  normWeightDecay: number;
  ema: boolean;
  /** Largest norm of the whole gradient, as torch.nn.utils.clip_grad_norm_; null does not clip. */
  clipGradNorm: number | null;
}

/** Extents of one flat array, in elements, multiples of 4: [other | norm | buffers]. */
export interface ParameterExtents {
  other: number;
  norm: number;
  /** Running statistics: not optimised, but averaged. */
  buffers: number;
}

/**
 * torch.optim.SGD and AveragedModel in one pass, per element:
 *   g ← factor·g + decay·w,  m ← momentum·m + g,  w ← w − lr·(nesterov ? g + momentum·m : m),
 *   ema ← d·ema + (1 − d)·w  (d = 0 copies, d = 1 leaves it).
 *
 * factor is what clipping asks for, else 1.
 *
 * Buffers: weights, gradients, momentum, then with `ema` the averages, then where it is clipped what gradientNorm
 * left; then the step's parameters. gradients and momentum need hold only [other | norm].
 */
export function sgdStep(extents: ParameterExtents, settings: OptimizerSettings): KernelCall {
  const total = extents.other + extents.norm + extents.buffers;
  const clipped = settings.clipGradNorm !== null;
  const names = [
    ...['weights', 'gradients', 'momentum'],
    ...(settings.ema ? ['ema'] : []),
    ...(clipped ? ['norm'] : []),
  ];
  const literal = (value: number) => (Number.isInteger(value) ? `${String(value)}.0` : String(value));
  return {
    kernel: `sgdStep${settings.nesterov ? ' nesterov' : ''}${settings.ema ? ' +ema' : ''}${clipped ? ' clipped' : ''}`,
    code: `${constantsBlock(['vectors', 'otherVectors', 'trainedVectors', 'unused'])}${storageBuffers(names)}${stepBlock(names.length + 1)}
${elementwiseMain}
  var weight = weights[index];
  if (index < constants.trainedVectors) {
    let decay = select(f32(${literal(settings.normWeightDecay)}), f32(${literal(settings.weightDecay)}), index < constants.otherVectors);
    let gradient = fma(weight, vec4f(decay), gradients[index]${clipped ? ' * norm[0].x' : ''});
    let moved = fma(momentum[index], vec4f(${literal(settings.momentum)}), gradient);
    momentum[index] = moved;
    weight -= step.learningRate * ${settings.nesterov ? `fma(moved, vec4f(${literal(settings.momentum)}), gradient)` : 'moved'};
    weights[index] = weight;
  }
  ${
    settings.ema
      ? `if (step.emaDecay == 0.0) { ema[index] = weight; }
  else if (step.emaDecay < 1.0) { ema[index] = ema[index] * step.emaDecay + weight * (1.0 - step.emaDecay); }`
      : ''
  }
}
`,
    constants: [
      total / vectorWidth,
      extents.other / vectorWidth,
      (extents.other + extents.norm) / vectorWidth,
      0,
    ],
    workgroups: elementwiseGrid(total / vectorWidth),
    flops: total * 8,
  };
}

/**
 * target ← (accumulate ? target : 0) + Σ over shares of partials[share][elements], in the order of the shares.
 * Buffers: partials, target; then the step's parameters.
 */
export function sumPartials(elements: number, shares: number): KernelCall {
  const vectors = elements / vectorWidth;
  return {
    kernel: 'sumPartials',
    code: `${constantsBlock(['vectors', 'shares', 'unused0', 'unused1'])}${storageBuffers(['partials', 'total'])}${stepBlock(3)}
${elementwiseMain}
  var sum = select(vec4f(), total[index], step.accumulate > 0.0);
  for (var share = 0u; share < constants.shares; share += 1u) { sum += partials[share * constants.vectors + index]; }
  total[index] = sum;
}
`,
    constants: [vectors, shares, 0, 0],
    workgroups: elementwiseGrid(vectors),
    flops: elements * shares,
  };
}
