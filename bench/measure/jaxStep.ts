/**
 * A whole training step by jax-js, as its user would write it: one jitted function of the state, gradients by
 * its `valueAndGrad`, in its own layout (NCHW) and on its own device of the same adapter.
 *
 * Arrays in jax-js are counted by hand: whoever takes one frees it, and `.ref` is one more owner.
 */
import { jit, lax, nn, numpy as np, valueAndGrad, type Array as JaxArray } from '@jax-js/jax';
import type { ConvolutionNode, Graph, GraphNode, MaxPoolNode } from '../../src/engine/graph.ts';
import type { ModelState, NamedTensors } from '../../src/engine/stepRunner.ts';
import { isNorm, isTrainable, stateDictOf, type TensorSpec } from '../../src/model/parameters.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import { weightDecayFor } from '../../src/recipe/weightDecay.ts';
import { torchPadding } from './jax.ts';

export interface JaxStepOptions {
  graph: Graph;
  /** Plain SGD: `opt` must be "sgd". */
  recipe: Recipe;
  /** Weights, momentum and EMA in torch's layout, which is jax-js's too; `ema` must not be null. */
  state: ModelState;
  /** [batch, height, width, 3]. */
  images: Float32Array;
  /** [batch, classes]. */
  targets: Float32Array;
  batch: number;
  sizePx: number;
  learningRate: number;
  /** Of the EMA, which takes in every step. */
  emaDecay: number;
}

export interface JaxStep {
  /** Forward, backward, SGD, running statistics and EMA; the mean loss before the update, when the GPU is done. */
  step(): Promise<number>;
  /** The weights and running statistics by torchvision's names; batch counts are not kept. */
  readWeights(): Promise<NamedTensors>;
  readEma(): Promise<NamedTensors>;
  destroy(): void;
}

type Tensors = Record<string, JaxArray>;

type State = {
  parameters: Tensors;
  momentum: Tensors;
  /** Running means and variances. */
  statistics: Tensors;
  /** Of parameters and statistics. */
  ema: Tensors;
};

/** torch.nn.BatchNorm2d's defaults. */
const epsilon = 1e-5;
const statisticsMomentum = 0.1;

/** `startJax` comes first. The step compiles when it is first called, which may take minutes. */
export function prepareJaxStep(options: JaxStepOptions): JaxStep {
  const { graph, recipe, batch, sizePx } = options;
  const classCount = options.targets.length / batch;
  if (recipe.opt !== 'sgd') throw new Error(`jax-js's step is written for opt "sgd", not "${recipe.opt}".`);
  const specs = stateDictOf(graph).filter(({ kind }) => kind !== 'batchCount');
  const images = np.array(channelsFirst(options.images, batch, sizePx)).reshape([batch, 3, sizePx, sizePx]);
  const targets = np.array(options.targets).reshape([batch, classCount]);
  let state = upload(specs, options.state);

  const lossOf = (parameters: Tensors, x: JaxArray, y: JaxArray): [JaxArray, Tensors] => {
    const moved: Tensors = {};
    const logits = forward(graph, parameters, x, moved);
    const smoothed = y.mul(1 - recipe.labelSmoothing).add(recipe.labelSmoothing / classCount);
    return [np.mean(np.sum(smoothed.mul(nn.logSoftmax(logits, -1)), -1)).mul(-1), moved];
  };
  const compiled = jit((before: State, x: JaxArray, y: JaxArray): [JaxArray, State] => {
    const { parameters, momentum, statistics, ema } = before;
    const refs = Object.fromEntries(Object.entries(parameters).map(([name, array]) => [name, array.ref]));
    const [[loss, batchStatistics], gradients] = valueAndGrad(lossOf, { hasAux: true })(refs, x, y);
    const after: State = { parameters: {}, momentum: {}, statistics: {}, ema: {} };
    for (const { name, kind } of specs) {
      let value: JaxArray;
      if (isTrainable(kind)) {
        const decay = weightDecayFor(recipe, isNorm(kind) ? 'norm' : 'other');
        const parameter = take(parameters, name);
        const gradient = take(gradients, name);
        const decayed = decay === 0 ? gradient : gradient.add(parameter.ref.mul(decay));
        const velocity = take(momentum, name).mul(recipe.momentum).add(decayed);
        after.momentum[name] = velocity.ref;
        value = parameter.sub(velocity.mul(options.learningRate));
        after.parameters[name] = value.ref;
      } else {
        const batchValue = take(batchStatistics, name).mul(statisticsMomentum);
        value = take(statistics, name)
          .mul(1 - statisticsMomentum)
          .add(batchValue);
        after.statistics[name] = value.ref;
      }
      after.ema[name] = take(ema, name)
        .mul(options.emaDecay)
        .add(value.mul(1 - options.emaDecay));
    }
    return [loss, after];
  });

  return {
    step: async () => {
      const [loss, after] = compiled(state, images.ref, targets.ref);
      state = after;
      // All that was computed with it is submitted before it is read.
      const [value = NaN] = await valuesOf(loss);
      return value;
    },
    readWeights: () => read({ ...state.parameters, ...state.statistics }),
    readEma: () => read(state.ema),
    destroy: () => {
      for (const tensors of Object.values(state)) for (const array of Object.values(tensors)) array.dispose();
      images.dispose();
      targets.dispose();
      compiled.dispose();
    },
  };
}

/**
 * Logits [batch, classes] of images [batch, 3, height, width].
 * @param moved gets each batch norm's mean and unbiased variance, under the names of the running ones
 */
function forward(graph: Graph, parameters: Tensors, images: JaxArray, moved: Tensors): JaxArray {
  const activations: Tensors = { [graph.input]: images };
  const inputsOf = (node: GraphNode) => (node.kind === 'add' ? node.inputs : [node.input]);
  const readers = new Map<string, number>();
  for (const id of graph.nodes.flatMap(inputsOf)) readers.set(id, (readers.get(id) ?? 0) + 1);
  const read = (id: string): JaxArray => {
    const activation = take(activations, id);
    const left = (readers.get(id) ?? 0) - 1;
    readers.set(id, left);
    return left > 0 ? activation.ref : activation;
  };
  for (const node of graph.nodes) activations[node.output] = compute(node);
  return take(activations, graph.output);

  function compute(node: GraphNode): JaxArray {
    switch (node.kind) {
      case 'convolution':
        return convolution(node, read(node.input), take(parameters, `${node.name}.weight`));
      case 'batchNorm':
        return batchNorm(node.name, read(node.input));
      case 'relu':
        return nn.relu(read(node.input));
      case 'maxPool':
        return maxPool(node, read(node.input));
      case 'add':
        return read(node.inputs[0]).add(read(node.inputs[1]));
      case 'globalAveragePool':
        return np.mean(read(node.input), [2, 3]);
      case 'linear': {
        const weight = take(parameters, `${node.name}.weight`);
        return np.matmul(read(node.input), np.transpose(weight)).add(take(parameters, `${node.name}.bias`));
      }
    }
  }

  function batchNorm(name: string, x: JaxArray): JaxArray {
    const [batch = 1, channels = 1, height = 1, width = 1] = x.shape;
    const count = batch * height * width;
    const perChannel = (array: JaxArray) => array.reshape([1, channels, 1, 1]);
    const mean = np.mean(x.ref, [0, 2, 3]);
    const centred = x.sub(perChannel(mean.ref));
    const variance = np.mean(np.square(centred.ref), [0, 2, 3]);
    moved[`${name}.running_mean`] = lax.stopGradient(mean);
    moved[`${name}.running_var`] = lax.stopGradient(variance.ref.mul(count / (count - 1)));
    const scale = take(parameters, `${name}.weight`).div(np.sqrt(variance.add(epsilon)));
    return centred.mul(perChannel(scale)).add(perChannel(take(parameters, `${name}.bias`)));
  }
}

function convolution(node: ConvolutionNode, x: JaxArray, weight: JaxArray): JaxArray {
  const { kernelPx, stridePx, paddingPx } = node;
  const [, , height = 1, width = 1] = x.shape;
  const padding = [height, width].map((side) => torchPadding(side, kernelPx, stridePx, paddingPx));
  return lax.conv(x, weight, [stridePx, stridePx], padding);
}

/** Filled up with zeros, which changes nothing: what is pooled comes out of a ReLU. */
function maxPool({ kernelPx, stridePx, paddingPx }: MaxPoolNode, x: JaxArray): JaxArray {
  const [, , height = 1, width = 1] = x.shape;
  const padded = np.pad(x, {
    2: torchPadding(height, kernelPx, stridePx, paddingPx),
    3: torchPadding(width, kernelPx, stridePx, paddingPx),
  });
  return lax.reduceWindow(padded, (window) => np.max(window), [kernelPx, kernelPx], [stridePx, stridePx]);
}

function upload(specs: readonly TensorSpec[], { weights, momentum, ema }: ModelState): State {
  if (ema === null) throw new Error("jax-js's step has an EMA: the state must have one.");
  const tensors = (from: NamedTensors, wanted: readonly TensorSpec[]): Tensors =>
    Object.fromEntries(
      wanted.map(({ name, shape }) => {
        const values = from.get(name);
        if (values === undefined) throw new Error(`The model’s state has no tensor "${name}".`);
        return [name, np.array(values).reshape([...shape])];
      }),
    );
  const trainable = specs.filter(({ kind }) => isTrainable(kind));
  const statistics = specs.filter(({ kind }) => !isTrainable(kind));
  return {
    parameters: tensors(weights, trainable),
    momentum: tensors(momentum, trainable),
    statistics: tensors(weights, statistics),
    ema: tensors(ema, specs),
  };
}

async function read(tensors: Tensors): Promise<NamedTensors> {
  const values: NamedTensors = new Map();
  for (const [name, array] of Object.entries(tensors)) {
    values.set(name, await valuesOf(array.ref));
  }
  return values;
}

/** Takes the array. */
async function valuesOf(array: JaxArray): Promise<Float32Array> {
  // Its declared type has Float16Array in it, which this TypeScript library lacks.
  return (await array.data()) as Float32Array;
}

/** [batch, height, width, 3] → [batch, 3, height, width]. */
function channelsFirst(values: Float32Array, batch: number, sizePx: number): Float32Array<ArrayBuffer> {
  const area = sizePx * sizePx;
  const moved = new Float32Array(values.length);
  for (let image = 0; image < batch; image += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      for (let i = 0; i < area; i += 1) {
        moved[(image * 3 + channel) * area + i] = values[(image * area + i) * 3 + channel] ?? 0;
      }
    }
  }
  return moved;
}

function take(tensors: Tensors, name: string): JaxArray {
  const array = tensors[name];
  if (array === undefined) throw new Error(`jax-js’s step has no array "${name}".`);
  return array;
}
