/** The training step by the compiled engine: plans for each batch shape, compiled when first needed. */
import { BatchCounts } from '../batchCounts.ts';
import type { Graph, StageName } from '../graph.ts';
import { metricsPerImage } from '../kernels/loss.ts';
import {
  paddedChannels,
  stepParameterBytes,
  stepParameterNames,
  type StepParameter,
  type StoragePrecision,
} from '../kernels/kernel.ts';
import type { OptimizerSettings } from '../kernels/update.ts';
import type { KernelChoice, ProgramOptions } from '../plan/builder.ts';
import { compileForward, compileTrainingStep, compileUpdate } from '../plan/compile.ts';
import {
  layOutParameters,
  toStored,
  toTorch,
  type ParameterLayout,
  type ParameterPlace,
} from '../plan/parameterLayout.ts';
import { wellKnown, type ParameterArray, type Plan } from '../plan/plan.ts';
import { fuse, type Unit } from '../plan/units.ts';
import type {
  BatchMetrics,
  ImageBatch,
  ModelState,
  NamedTensors,
  StepRunner,
  TrainingBatch,
  UpdateParameters,
  WeightsKind,
} from '../stepRunner.ts';
import { allocateParameters, type ParameterBuffers } from './allocate.ts';
import { Arena } from './arena.ts';
import { BoundPlan, type PlanBuffers } from './boundPlan.ts';
import { PipelineCache } from './pipelines.ts';
import { Readback, type PendingRead } from './readback.ts';
import { readBuffer } from './readBuffer.ts';
import { SubmitPacing } from './submitPacing.ts';

export interface EngineStepRunnerOptions {
  graph: Graph;
  classCount: number;
  optimizer: OptimizerSettings;
  labelSmoothing: number;
  /** Their parameters stay as they are, and their batch norm uses its running statistics. */
  frozenStages: ReadonlySet<StageName>;
  choice: KernelChoice;
  /** How activations are stored: f16 needs a device with shader-f16. */
  storage: StoragePrecision;
  /** How large submits are; one of the runner's own where left out. */
  pacing?: SubmitPacing;
  /** Called while kernels compile. */
  onCompile?: (ready: number, total: number) => void;
}

type Program = 'train' | 'evaluate' | 'evaluateEma' | 'trainingLogits' | 'update';

const nothing = () => undefined;

export class EngineStepRunner implements StepRunner {
  private readonly units: readonly Unit[];
  private readonly arena: Arena;
  private readonly pipelines: PipelineCache;
  private readonly step: GPUBuffer;
  private readonly readback: Readback;
  private readonly stepValues = new Float32Array(stepParameterBytes / 4);
  private readonly programs = new Map<string, Promise<BoundPlan>>();
  private readonly batchCounts = new BatchCounts();
  private readonly pacing: SubmitPacing;
  /** Programs that have run: the first run of one may compile, and tells nothing of its speed. */
  private readonly timed = new Set<BoundPlan>();
  /** The latest submission: the next one follows it. */
  private lastTurn: Promise<void> = Promise.resolve();
  /** Whether this step's gradient has begun. */
  private accumulating = false;

  private constructor(
    private readonly device: GPUDevice,
    private readonly options: EngineStepRunnerOptions,
    private readonly layout: ParameterLayout,
    private readonly parameters: ParameterBuffers,
  ) {
    this.units = fuse(options.graph);
    this.arena = new Arena(device);
    this.readback = new Readback(device);
    this.pacing = options.pacing ?? new SubmitPacing();
    this.pipelines = PipelineCache.of(device);
    this.step = device.createBuffer({
      label: 'step parameters',
      size: stepParameterBytes,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
  }

  /**
   * The runner has no weights until `writeState`.
   * @throws UnsupportedGraphError when the graph has a shape the engine has no kernels for
   * @throws OutOfMemoryError when the weights and their companions do not fit the GPU
   */
  static async create(device: GPUDevice, options: EngineStepRunnerOptions): Promise<EngineStepRunner> {
    const layout = layOutParameters(options.graph, options.frozenStages);
    const parameters = await allocateParameters(device, layout, options.optimizer.ema);
    const runner = new EngineStepRunner(device, options, layout, parameters);
    await runner.program('update', 1, 1);
    return runner;
  }

  async accumulate(batch: TrainingBatch): Promise<BatchMetrics> {
    const isFirst = !this.accumulating;
    this.accumulating = true;
    const metrics = await this.inOrder(async () => {
      const program = await this.program('train', batch.batchSize, batch.sizePx);
      this.writeStep({
        accumulate: isFirst ? 0 : 1,
        lossWeight: batch.gradientWeight / batch.batchSize,
        movesRunningStatistics: batch.updatesRunningStatistics ? 1 : 0,
      });
      if (batch.updatesRunningStatistics) this.countBatch();
      const targets = program.locate(wellKnown.targets);
      this.device.queue.writeBuffer(targets.buffer, targets.offset, this.storedTargets(batch));
      return this.run(program, batch, wellKnown.metrics, batch.batchSize * metricsPerImage);
    });
    const values = await metrics.read;
    let loss = 0;
    let correct = 0;
    for (let i = 0; i < batch.batchSize; i += 1) {
      loss += values[i * metricsPerImage] ?? NaN;
      correct += values[i * metricsPerImage + 1] ?? 0;
    }
    return { loss: loss / batch.batchSize, correct };
  }

  update({ learningRate, ema }: UpdateParameters): void {
    if (!this.accumulating) throw new Error('update() was called before any accumulate().');
    this.accumulating = false;
    const emaDecay = ema === 'skip' ? 1 : ema === 'copy' ? 0 : ema.averageWithDecay;
    this.inTurn(async () => {
      const program = await this.program('update', 1, 1);
      this.writeStep({ learningRate, emaDecay });
      program.submit(this.pacing.workPerSubmit, nothing, nothing);
      if (this.options.optimizer.ema && ema !== 'skip') this.batchCounts.average(emaDecay);
    });
  }

  async logits(batch: ImageBatch, weights: WeightsKind): Promise<Float32Array> {
    return await this.forward(weights === 'ema' ? 'evaluateEma' : 'evaluate', batch);
  }

  /** Logits normalised by the batch's own statistics, nothing updated: what a training step computes. */
  async trainingLogits(batch: ImageBatch): Promise<Float32Array> {
    return await this.forward('trainingLogits', batch);
  }

  async readGradients(): Promise<NamedTensors> {
    const { read } = await this.inOrder(() => this.readArray('gradients', (place) => place.trained));
    return await read;
  }

  async readState(): Promise<ModelState> {
    // All reads are queued in one turn: a step that comes in between changes none of them.
    const { read } = await this.inOrder(() => {
      const counts = this.batchCounts.copy();
      const all = [
        this.readArray('weights', () => true),
        this.readArray('momentum', (place) => place.role === 'parameter'),
        this.options.optimizer.ema ? this.readArray('ema', () => true).read : null,
      ] as const;
      return {
        read: Promise.all([all[0].read, all[1].read, all[2]]).then(([weights, momentum, ema]) => {
          counts.writeTo(weights, ema);
          return { weights, momentum, ema };
        }),
      };
    });
    return await read;
  }

  writeState(state: ModelState): void {
    this.inTurn(() => {
      this.writeArray('weights', state.weights, () => true);
      this.writeArray('momentum', state.momentum, (place) => place.role === 'parameter');
      if (state.ema !== null) this.writeArray('ema', state.ema, () => true);
      this.batchCounts.set(state.weights, state.ema);
    });
  }

  gpuBytes(): number {
    const arrays = Object.values(this.parameters).reduce((sum, buffer) => sum + (buffer?.size ?? 0), 0);
    return arrays + this.arena.bytes;
  }

  /** After what was asked before. */
  destroy(): void {
    this.inTurn(async () => {
      for (const program of this.programs.values()) (await program.catch(() => null))?.destroy();
      for (const buffer of Object.values(this.parameters)) buffer?.destroy();
      this.arena.destroy();
      this.readback.destroy();
      this.step.destroy();
    });
  }

  /**
   * Submits work in the order of the calls, though the first of a kind waits for its kernels. What is read
   * back comes in an object, so that the next turn does not wait for the GPU.
   */
  private async inOrder<Result>(submit: () => Result | Promise<Result>): Promise<Result> {
    const turn = this.lastTurn.then(submit);
    this.lastTurn = turn.then(
      () => undefined,
      () => undefined,
    );
    return await turn;
  }

  /** As inOrder, for calls that return nothing: a failure is thrown by the next call that is awaited. */
  private inTurn(submit: () => void | Promise<void>): void {
    const turn = this.lastTurn.then(submit);
    this.lastTurn = turn;
    // Awaited by the next turn; until then it must not count as unhandled.
    turn.catch(() => undefined);
  }

  private program(kind: Program, batch: number, sizePx: number): Promise<BoundPlan> {
    const key = `${kind} ${String(batch)} ${String(sizePx)}`;
    const known = this.programs.get(key);
    if (known !== undefined) return known;
    const { parameters } = this;
    const buffers: PlanBuffers = {
      arena: this.arena,
      parameters: kind === 'evaluateEma' ? { ...parameters, weights: parameters.ema } : parameters,
      step: this.step,
    };
    const plan = this.compile(kind, batch, sizePx);
    const made = BoundPlan.create(this.device, plan, buffers, this.pipelines, this.options.onCompile);
    this.programs.set(key, made);
    return made;
  }

  private compile(kind: Program, batch: number, sizePx: number): Plan {
    const { units, layout } = this;
    const options: ProgramOptions = { ...this.options, units, layout, batch, sizePx };
    switch (kind) {
      case 'train':
        return compileTrainingStep(options);
      case 'evaluate':
      case 'evaluateEma':
        return compileForward(options, 'running');
      case 'trainingLogits':
        return compileForward(options, 'batch');
      case 'update':
        return compileUpdate(options);
    }
  }

  private async forward(kind: Program, batch: ImageBatch): Promise<Float32Array> {
    const { classCount } = this.options;
    const stride = paddedChannels(classCount);
    const { read } = await this.inOrder(async () => {
      const program = await this.program(kind, batch.batchSize, batch.sizePx);
      this.writeStep({});
      return this.run(program, batch, wellKnown.logits, batch.batchSize * stride);
    });
    const stored = await read;
    const logits = new Float32Array(batch.batchSize * classCount);
    for (let i = 0; i < batch.batchSize; i += 1) {
      logits.set(stored.subarray(i * stride, i * stride + classCount), i * classCount);
    }
    return logits;
  }

  /** Submits a program and begins to read one of its results, in an object: see inOrder. */
  private run(
    program: BoundPlan,
    { images, batchSize, sizePx }: ImageBatch,
    result: string,
    elements: number,
  ): { read: Promise<Float32Array> } {
    const submittedMs = performance.now();
    const pending = program.submit(
      this.pacing.workPerSubmit,
      (encoder) => {
        const { buffer, offset } = program.locate(wellKnown.images);
        encoder.copyBufferToBuffer(images, 0, buffer, offset, batchSize * sizePx * sizePx * 3 * 4);
      },
      (encoder) => {
        const { buffer, offset } = program.locate(result);
        return this.readback.copy(encoder, buffer, offset, elements * 4);
      },
    );
    return { read: this.timedRead(program, pending, submittedMs) };
  }

  private async timedRead(
    program: BoundPlan,
    pending: PendingRead,
    submittedMs: number,
  ): Promise<Float32Array> {
    const values = await pending.read();
    if (this.timed.has(program)) this.pacing.observe(program.work, submittedMs, performance.now());
    this.timed.add(program);
    return values;
  }

  private writeStep(values: Partial<Record<StepParameter, number>>): void {
    stepParameterNames.forEach((name, i) => {
      this.stepValues[i] = values[name] ?? 0;
    });
    this.device.queue.writeBuffer(this.step, 0, this.stepValues);
  }

  private storedTargets({ targets, batchSize }: TrainingBatch): Float32Array<ArrayBuffer> {
    const { classCount } = this.options;
    const stride = paddedChannels(classCount);
    const stored = new Float32Array(batchSize * stride);
    for (let i = 0; i < batchSize; i += 1) {
      stored.set(targets.subarray(i * classCount, (i + 1) * classCount), i * stride);
    }
    return stored;
  }

  private countBatch(): void {
    for (const unit of this.units) {
      if (unit.kind === 'convolution' && !this.options.frozenStages.has(unit.stage))
        this.batchCounts.add(unit.norm);
    }
  }

  private array(name: ParameterArray): GPUBuffer {
    const buffer = this.parameters[name];
    if (buffer === null) throw new Error(`This run has no array "${name}".`);
    return buffer;
  }

  private readArray(
    name: ParameterArray,
    wanted: (place: ParameterPlace) => boolean,
  ): { read: Promise<NamedTensors> } {
    const buffer = this.array(name);
    const places = [...this.layout.places.values()].filter(wanted);
    const read = readBuffer(this.device, buffer, 0, buffer.size).then(
      (stored): NamedTensors =>
        new Map(
          places.map((place) => [
            place.name,
            toTorch(place, stored.subarray(place.offset, place.offset + place.elements)),
          ]),
        ),
    );
    return { read };
  }

  private writeArray(
    name: ParameterArray,
    tensors: NamedTensors,
    wanted: (place: ParameterPlace) => boolean,
  ): void {
    const buffer = this.array(name);
    const stored = new Float32Array(buffer.size / 4);
    for (const place of this.layout.places.values()) {
      if (!wanted(place)) continue;
      const values = tensors.get(place.name);
      if (values === undefined) throw new Error(`The model’s state has no tensor "${place.name}".`);
      stored.set(toStored(place, values), place.offset);
    }
    this.device.queue.writeBuffer(buffer, 0, stored);
  }
}
