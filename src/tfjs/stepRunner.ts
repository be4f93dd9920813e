/**
 * The training step in plain tfjs operations: the oracle for the compiled engine, its baseline in benchmarks
 * and its fallback. Nothing here is tuned; it is what a tfjs user would write, with torch's arithmetic.
 */
import * as tf from '@tensorflow/tfjs-core';
import { BatchCounts } from '../engine/batchCounts.ts';
import type { EngineDevice } from '../engine/device.ts';
import type { Graph, StageName } from '../engine/graph.ts';
import type {
  BatchMetrics,
  ImageBatch,
  ModelState,
  NamedTensors,
  StepRunner,
  TrainingBatch,
  UpdateParameters,
  WeightsKind,
} from '../engine/stepRunner.ts';
import { isNorm, isTrainable, stateDictOf, type TensorSpec } from '../model/parameters.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { weightDecayFor } from '../recipe/weightDecay.ts';
import { runTfjsOn } from './backend.ts';
import { forward, type BatchStatistics } from './forward.ts';
import { tfjsShape, toTfjsLayout, toTorchLayout } from './layout.ts';

/** torch.nn.BatchNorm2d's default. */
const runningStatisticsMomentum = 0.1;

type TensorTable = Map<string, tf.Tensor>;

/** What of the recipe the step itself needs. */
export type StepRecipe = Pick<
  Recipe,
  'opt' | 'momentum' | 'weightDecay' | 'normWeightDecay' | 'labelSmoothing' | 'clipGradNorm' | 'modelEma'
>;

export interface TfjsStepRunnerOptions {
  graph: Graph;
  recipe: StepRecipe;
  /** Their parameters stay as they are, and their batch norm uses its running statistics. */
  frozenStages: ReadonlySet<StageName>;
}

export class TfjsStepRunner implements StepRunner {
  private readonly specs: TensorSpec[];
  private readonly trainable: TensorSpec[];
  /** On the GPU, in tfjs's layout. Batch counts are host numbers. */
  private readonly weights: TensorTable = new Map();
  private readonly momentum: TensorTable = new Map();
  private readonly ema: TensorTable = new Map();
  private readonly gradients: TensorTable = new Map();
  private readonly batchCounts = new BatchCounts();

  private constructor(private readonly options: TfjsStepRunnerOptions) {
    this.specs = stateDictOf(options.graph);
    this.trainable = this.specs.filter(
      (spec) => isTrainable(spec.kind) && !options.frozenStages.has(spec.stage),
    );
  }

  /** Brings tfjs up on the device. The runner has no weights until `writeState`. */
  static async create(engine: EngineDevice, options: TfjsStepRunnerOptions): Promise<TfjsStepRunner> {
    await runTfjsOn(engine);
    return new TfjsStepRunner(options);
  }

  async accumulate(batch: TrainingBatch): Promise<BatchMetrics> {
    const { graph, frozenStages, recipe } = this.options;
    const statistics = new Map<string, BatchStatistics>();
    const metrics = tf.tidy(() => {
      const images = imageTensor(batch);
      const classCount = batch.targets.length / batch.batchSize;
      const targets = tf.tensor2d(batch.targets, [batch.batchSize, classCount]);
      const smoothed = smoothTargets(targets, recipe.labelSmoothing, classCount);
      let logits: tf.Tensor2D | undefined;
      const { value: loss, grads } = tf.valueAndGrads((...trainable: tf.Tensor[]) => {
        const byName = new Map(this.trainable.map((spec, i) => [spec.name, trainable[i]]));
        logits = tf.keep(
          forward(graph, images, (name) => byName.get(name) ?? this.weight(name), {
            usesBatchStatistics: (stage) => !frozenStages.has(stage),
            onBatchStatistics: (name, { mean, variance, count }) => {
              statistics.set(name, { mean: tf.keep(mean), variance: tf.keep(variance), count });
            },
          }),
        );
        return tf.neg(tf.mean(tf.sum(tf.mul(smoothed, tf.logSoftmax(logits)), 1)));
      })(this.trainable.map((spec) => this.weight(spec.name)));
      this.trainable.forEach((spec, i) => {
        const gradient = grads[i];
        if (gradient !== undefined) this.addGradient(spec.name, gradient, batch.gradientWeight);
      });
      if (batch.updatesRunningStatistics) this.moveRunningStatistics(statistics);
      const result = tf.stack([loss, countCorrect(logits, targets)]);
      // Kept beyond the tape's scope; freed here.
      tf.dispose([logits, ...[...statistics.values()].flatMap(({ mean, variance }) => [mean, variance])]);
      return result;
    });
    const [loss = NaN, correct = 0] = await metrics.data();
    metrics.dispose();
    return { loss, correct };
  }

  update({ learningRate, ema }: UpdateParameters): void {
    const { recipe } = this.options;
    tf.tidy(() => {
      this.clipGradients();
      for (const spec of this.trainable) {
        const weight = this.weight(spec.name);
        let gradient = this.gradients.get(spec.name);
        if (gradient === undefined) throw new Error('update() was called before any accumulate().');
        const decay = weightDecayFor(recipe, isNorm(spec.kind) ? 'norm' : 'other');
        if (decay !== 0) gradient = tf.add(gradient, tf.mul(weight, decay));
        // torch starts the buffer as the first gradient: the same as starting from zeros.
        const buffer = tf.add(tf.mul(take(this.momentum, spec.name), recipe.momentum), gradient);
        const step =
          recipe.opt === 'sgd_nesterov' ? tf.add(gradient, tf.mul(buffer, recipe.momentum)) : buffer;
        this.replace(this.momentum, spec.name, buffer);
        this.replace(this.weights, spec.name, tf.sub(weight, tf.mul(step, learningRate)));
      }
      if (this.options.recipe.modelEma) this.updateEma(ema);
    });
    for (const gradient of this.gradients.values()) gradient.dispose();
    this.gradients.clear();
  }

  /** As torch.nn.utils.clip_grad_norm_. */
  private clipGradients(): void {
    const { clipGradNorm } = this.options.recipe;
    if (clipGradNorm === null) return;
    const squares = [...this.gradients.values()].map((gradient) => tf.sum<tf.Scalar>(tf.square(gradient)));
    const factor = tf.minimum(1, tf.div(clipGradNorm, tf.add(tf.sqrt(tf.addN(squares)), 1e-6)));
    for (const [name, gradient] of this.gradients)
      this.replace(this.gradients, name, tf.mul(gradient, factor));
  }

  /** torch.optim.swa_utils.AveragedModel over parameters and buffers; batch counts are cut to integers. */
  private updateEma(action: UpdateParameters['ema']): void {
    if (action === 'skip') return;
    const decay = action === 'copy' ? 0 : action.averageWithDecay;
    const changing = new Set(
      this.specs.filter((spec) => !this.options.frozenStages.has(spec.stage)).map((s) => s.name),
    );
    for (const [name, weight] of this.weights) {
      // Averaging equal values would round them: frozen tensors are copied, so they stay the same bits.
      const average =
        action === 'copy' || !changing.has(name)
          ? weight.clone()
          : tf.add(tf.mul(take(this.ema, name), decay), tf.mul(weight, 1 - decay));
      this.replace(this.ema, name, average);
    }
    this.batchCounts.average(decay);
  }

  async logits(batch: ImageBatch, weights: WeightsKind): Promise<Float32Array> {
    return await this.forwardOnly(batch, weights === 'ema' ? this.ema : this.weights, false);
  }

  /** Logits normalised by the batch's own statistics, nothing updated: what a training step computes. */
  async trainingLogits(batch: ImageBatch): Promise<Float32Array> {
    return await this.forwardOnly(batch, this.weights, true);
  }

  private async forwardOnly(batch: ImageBatch, table: TensorTable, training: boolean): Promise<Float32Array> {
    const logits = tf.tidy(() =>
      forward(this.options.graph, imageTensor(batch), (name) => take(table, name), {
        usesBatchStatistics: () => training,
      }),
    );
    const values = (await logits.data()) as Float32Array;
    logits.dispose();
    return values;
  }

  async readGradients(): Promise<NamedTensors> {
    return await this.read(this.gradients, this.trainable);
  }

  async readState(): Promise<ModelState> {
    const trainable = this.specs.filter((spec) => isTrainable(spec.kind));
    // All reads are queued before the first await: a step that comes in between changes none of them.
    const [weights, momentum, ema] = await Promise.all([
      this.read(this.weights, this.specs),
      this.read(this.momentum, trainable),
      this.options.recipe.modelEma ? this.read(this.ema, this.specs) : null,
    ]);
    this.batchCounts.writeTo(weights, ema);
    return { weights, momentum, ema };
  }

  writeState(state: ModelState): void {
    this.batchCounts.set(state.weights, state.ema);
    for (const spec of this.specs) {
      if (spec.kind === 'batchCount') continue;
      this.upload(this.weights, spec, take(state.weights, spec.name));
      if (isTrainable(spec.kind)) this.upload(this.momentum, spec, take(state.momentum, spec.name));
      if (state.ema !== null) this.upload(this.ema, spec, take(state.ema, spec.name));
    }
  }

  gpuBytes(): number {
    return (tf.memory() as tf.MemoryInfo & { numBytesInGPU: number }).numBytesInGPU;
  }

  destroy(): void {
    for (const table of [this.weights, this.momentum, this.ema, this.gradients]) {
      for (const tensor of table.values()) tensor.dispose();
      table.clear();
    }
  }

  private weight(name: string): tf.Tensor {
    return take(this.weights, name);
  }

  private addGradient(name: string, gradient: tf.Tensor, weight: number): void {
    const weighted = weight === 1 ? gradient : tf.mul(gradient, weight);
    const sum = this.gradients.get(name);
    this.replace(this.gradients, name, sum === undefined ? weighted : tf.add(sum, weighted));
  }

  /** running = 0.9·running + 0.1·batch, with the unbiased variance, as torch does. */
  private moveRunningStatistics(statistics: ReadonlyMap<string, BatchStatistics>): void {
    for (const [name, { mean, variance, count }] of statistics) {
      const unbiased = tf.mul(variance, count / Math.max(1, count - 1));
      this.move(`${name}.running_mean`, mean);
      this.move(`${name}.running_var`, unbiased);
      this.batchCounts.add(name);
    }
  }

  private move(name: string, batchValue: tf.Tensor): void {
    const moved = tf.add(
      tf.mul(this.weight(name), 1 - runningStatisticsMomentum),
      tf.mul(batchValue, runningStatisticsMomentum),
    );
    this.replace(this.weights, name, moved);
  }

  /** Puts a tensor into a table for good, out of the surrounding tidy; the one it replaces is freed. */
  private replace(table: TensorTable, name: string, tensor: tf.Tensor): void {
    const previous = table.get(name);
    table.set(name, tf.keep(tensor));
    if (previous !== tensor) previous?.dispose();
  }

  private upload(table: TensorTable, spec: TensorSpec, values: Float32Array): void {
    this.replace(table, spec.name, tf.tensor(toTfjsLayout(spec, values), tfjsShape(spec)));
  }

  /** Of the tensors on the GPU; batch counts are not. */
  private async read(table: TensorTable, specs: readonly TensorSpec[]): Promise<NamedTensors> {
    const entries = await Promise.all(
      specs
        .filter(({ kind }) => kind !== 'batchCount')
        .map(async (spec): Promise<[string, Float32Array]> => {
          const values = (await take(table, spec.name).data()) as Float32Array;
          return [spec.name, toTorchLayout(spec, values)];
        }),
    );
    return new Map(entries);
  }
}

function take<T>(table: ReadonlyMap<string, T>, name: string): T {
  const value = table.get(name);
  if (value === undefined) throw new Error(`The model’s state has no tensor "${name}".`);
  return value;
}

function imageTensor({ images, batchSize, sizePx }: ImageBatch): tf.Tensor4D {
  return tf.tensor({ buffer: images, zeroCopy: true }, [batchSize, sizePx, sizePx, 3], 'float32');
}

/** torch.nn.CrossEntropyLoss: t′ = (1 − s)·t + s / classes. */
function smoothTargets(targets: tf.Tensor2D, smoothing: number, classCount: number): tf.Tensor2D {
  return smoothing === 0 ? targets : tf.add(tf.mul(targets, 1 - smoothing), smoothing / classCount);
}

/** Images whose largest logit is where the target is largest. */
function countCorrect(logits: tf.Tensor2D | undefined, targets: tf.Tensor2D): tf.Tensor {
  if (logits === undefined) throw new Error('The forward pass did not run.');
  return tf.sum(tf.cast(tf.equal(tf.argMax(logits, 1), tf.argMax(targets, 1)), 'float32'));
}
