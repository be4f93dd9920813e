/**
 * Answers the inspector's questions: draws as training draws, applies as training applies, and shows what came of it.
 * It knows nothing of the page and of where images come from; workers/inspector.ts gives it a platform.
 */
import { countDraws, type DrawCounts } from '../augment/drawCounts.ts';
import { drawBatchMix, drawTrainParameters, validationParameters } from '../augment/draw.ts';
import type { PixelImage, SampleParameters } from '../augment/parameters.ts';
import type { PixelOperation } from '../augment/trivialAugment.ts';
import type { SampleSource } from '../data/types.ts';
import type { EngineDevice } from '../engine/device.ts';
import type { Applier, MixedJob } from './applier.ts';
import { CpuApplier } from './cpuApplier.ts';
import { magnifications } from './fixRes.ts';
import { GpuApplier } from './gpuApplier.ts';
import { PictureShelf, type ShelfPlatform } from './pictureShelf.ts';
import { rebuildStep } from './rebuildStep.ts';
import type {
  DrawnSampleView,
  DrawQuestion,
  FixResViews,
  InspectorApi,
  InspectorDevice,
  OpenedPicture,
  Picture,
  PictureSource,
  Stages,
  StepBatch,
  StepQuestion,
} from './types.ts';

export interface InspectorPlatform extends ShelfPlatform {
  /** @throws Error that says why there is none: the processor then applies what is drawn */
  requestDevice(): Promise<EngineDevice>;
  /** The pixels of a bitmap, where there is no GPU; closes it. */
  readBitmap(bitmap: ImageBitmap): Uint8Array;
}

interface Machine {
  applier: Applier;
  /** Null where the processor applies. */
  engine: EngineDevice | null;
}

/** The image is drawn for rank 0, its partner for rank 1, so that they are drawn differently. */
const ownRank = 0;
const partnerRank = 1;

type Draw = Omit<DrawnSampleView, 'picture'>;

export class Inspector implements InspectorApi {
  private readonly shelf: PictureShelf;
  private machine: Promise<Machine> | null = null;
  /** Data sets stay open: opening reads their index. */
  private readonly sources = new Map<string, Promise<SampleSource>>();

  constructor(private readonly platform: InspectorPlatform) {
    this.shelf = new PictureShelf({
      decode: (file) => platform.decode(file),
      openSource: (datasetId) => this.openSource(datasetId),
    });
  }

  async device(): Promise<InspectorDevice> {
    return (await this.openMachine()).applier.device;
  }

  async open(source: PictureSource): Promise<OpenedPicture> {
    return await this.shelf.open(source, (await this.openMachine()).applier);
  }

  async draws(question: DrawQuestion, from: number, count: number): Promise<DrawnSampleView[]> {
    const { applier } = await this.openMachine();
    const { image, partner } = this.images(question);
    const drawn = Array.from({ length: count }, (_, i) => drawAt(question, from + i, image, partner));
    const pictures = await applier.tensors(drawn.map((draw) => job(draw, image, partner)));
    return drawn.flatMap((draw, i) => {
      const picture = pictures[i];
      return picture === undefined ? [] : [{ ...draw, picture }];
    });
  }

  async stages(question: DrawQuestion, position: number): Promise<Stages> {
    const { applier } = await this.openMachine();
    const { image, partner } = this.images(question);
    const draw = drawAt(question, position, image, partner);
    const { parameters } = draw;
    const unmixed = { image, parameters, mixed: null };
    const [bytes, tensors] = await Promise.all([
      applier.bytes([
        { image, parameters: { ...parameters, flipHorizontally: false, operation: null } },
        { image, parameters: { ...parameters, operation: null } },
        { image, parameters },
      ]),
      applier.tensors([
        unmixed,
        job(draw, image, partner),
        ...(draw.partner === null ? [] : [{ image: partner, parameters: draw.partner, mixed: null }]),
      ]),
    ]);
    const [resized, flipped, operated] = bytes;
    const [erased, final, partnerView = null] = tensors;
    if (
      resized === undefined ||
      flipped === undefined ||
      operated === undefined ||
      erased === undefined ||
      final === undefined
    ) {
      throw new Error('The stages of this draw could not be computed. Reload the page.');
    }
    return { drawn: draw, resized, flipped, operated, erased, partner: partnerView, final };
  }

  counts(question: DrawQuestion, draws: number): Promise<DrawCounts> {
    const { image, partner } = this.images(question);
    const samples = function* () {
      for (let position = 0; position < draws; position++) yield drawAt(question, position, image, partner);
    };
    return Promise.resolve(countDraws(question.settings, samples()));
  }

  async operations(
    pictureId: number,
    sizePx: number,
    operations: readonly PixelOperation[],
  ): Promise<Picture[]> {
    const { applier } = await this.openMachine();
    const image = this.shelf.image(pictureId);
    const square = validationParameters(
      { valResizeSize: sizePx, valCropSize: sizePx },
      image.widthPx,
      image.heightPx,
    );
    return await applier.bytes(
      operations.map((operation) => ({ image, parameters: { ...square, operation } })),
    );
  }

  async fixRes(question: DrawQuestion, trainCrops: number): Promise<FixResViews> {
    const { applier } = await this.openMachine();
    const { settings, seed } = question;
    const image = this.shelf.image(question.pictureId);
    const plain = { ...settings, hflipProb: 0, autoAugment: null, randomErase: 0 };
    const parameters = Array.from({ length: trainCrops }, (_, position) =>
      drawTrainParameters(plain, { seed, epoch: 0, rank: ownRank, position }, image.widthPx, image.heightPx),
    );
    const central = validationParameters(settings, image.widthPx, image.heightPx);
    const [train, validation] = await Promise.all([
      applier.bytes(parameters.map((drawn) => ({ image, parameters: drawn }))),
      applier.bytes([{ image, parameters: central }]),
    ]);
    const views = [...parameters, central].flatMap((drawn, i) => {
      const picture = [...train, ...validation][i];
      return picture === undefined ? [] : [{ parameters: drawn, picture }];
    });
    const last = views.pop();
    if (last === undefined) throw new Error('The validation view could not be computed. Reload the page.');
    return {
      train: views,
      validation: last,
      magnification: magnifications(settings, seed, image.widthPx, image.heightPx),
    };
  }

  async stepBatch(question: StepQuestion, rank: number): Promise<StepBatch> {
    const { engine } = await this.openMachine();
    if (engine === null) {
      throw new Error('A batch is rebuilt by the kernels that trained it, and there is no WebGPU here.');
    }
    return await rebuildStep(engine, await this.openSource(question.datasetId), question, rank);
  }

  private images({ pictureId, partnerId }: DrawQuestion): { image: PixelImage; partner: PixelImage } {
    return { image: this.shelf.image(pictureId), partner: this.shelf.image(partnerId) };
  }

  private async openMachine(): Promise<Machine> {
    this.machine ??= this.startMachine();
    return await this.machine;
  }

  private async startMachine(): Promise<Machine> {
    const { platform } = this;
    try {
      const engine = await platform.requestDevice();
      // A lost device is asked for again with the next question.
      void engine.device.lost.then(() => (this.machine = null));
      return { applier: new GpuApplier(engine), engine };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { applier: new CpuApplier(reason, (bitmap) => platform.readBitmap(bitmap)), engine: null };
    }
  }

  private async openSource(datasetId: string): Promise<SampleSource> {
    const known = this.sources.get(datasetId);
    if (known !== undefined) return await known;
    const opening = this.platform.openSource(datasetId);
    this.sources.set(datasetId, opening);
    try {
      return await opening;
    } catch (error) {
      this.sources.delete(datasetId);
      throw error;
    }
  }
}

/** Pure: what happens at this position, in a batch of the image and its partner. */
function drawAt(
  { settings, seed }: DrawQuestion,
  position: number,
  image: PixelImage,
  partner: PixelImage,
): Draw {
  const draw = (rank: number, { widthPx, heightPx }: PixelImage): SampleParameters =>
    drawTrainParameters(settings, { seed, epoch: 0, rank, position }, widthPx, heightPx);
  const mix = drawBatchMix(
    settings,
    { seed, epoch: 0, rank: ownRank, step: position },
    settings.trainCropSize,
  );
  return {
    parameters: draw(ownRank, image),
    partner: mix === null ? null : draw(partnerRank, partner),
    mix,
  };
}

function job({ parameters, partner, mix }: Draw, image: PixelImage, partnerImage: PixelImage): MixedJob {
  if (partner === null || mix === null) return { image, parameters, mixed: null };
  return { image, parameters, mixed: { partner: { image: partnerImage, parameters: partner }, mix } };
}
