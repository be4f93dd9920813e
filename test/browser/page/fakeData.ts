/** Data sets, pictures and the importer of the fake workers. */
import type { DatasetSummary, ImporterApi, ImportProgress, PathedFile } from '../../../src/protocol.ts';
import type { FakeSettings } from './fakeSettings.ts';

const demoCounts: Record<string, [number, number]> = {
  animal: [478, 127],
  building: [212, 60],
  clock: [96, 24],
  clothing: [160, 43],
  face: [452, 114],
  food: [236, 63],
  'fruit-vegetable': [132, 33],
  hand: [128, 32],
  plant: [84, 22],
  'sky-weather': [180, 47],
  'sport-game': [136, 34],
  tool: [96, 25],
  vehicle: [264, 66],
};

export const demoDataset: DatasetSummary = {
  id: 'demo',
  name: 'Emoji in five styles',
  classes: Object.keys(demoCounts),
  trainPerClass: Object.values(demoCounts).map(([train]) => train),
  validationPerClass: Object.values(demoCounts).map(([, validation]) => validation),
  bytes: 6_212_000,
  maxEdgePx: 96,
  createdAtMs: Date.now() - 3_600_000,
  validationNote:
    'Validation shows known objects in a new style: Twemoji drawings, a design the training never sees.',
};

/** A small drawing that differs by class and number. */
export async function drawPicture(label: number, number: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(96, 96);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('This browser has no 2D canvas.');
  const hue = (label * 137.5 + number * 9) % 360;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, 96, 96);
  context.fillStyle = `hsl(${hue} 62% 56%)`;
  const sides = 3 + (label % 6);
  context.beginPath();
  for (let i = 0; i < sides; i += 1) {
    const angle = (i / sides) * 2 * Math.PI + number;
    context.lineTo(48 + 38 * Math.cos(angle), 48 + 38 * Math.sin(angle));
  }
  context.fill();
  context.fillStyle = `hsl(${(hue + 40) % 360} 70% 30%)`;
  context.beginPath();
  context.arc(48, 48, 8 + ((number * 5) % 12), 0, 7);
  context.fill();
  return canvas.convertToBlob({ type: 'image/png' });
}

/** What importing these files by folders gives. */
function summarise(files: PathedFile[], name: string): DatasetSummary {
  const counts = new Map<string, number>();
  for (const { path } of files) {
    const folder = path.split('/').at(-2);
    if (folder !== undefined) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const classes = [...counts.keys()].sort();
  const held = classes.map((folder) => Math.max(1, Math.round((counts.get(folder) ?? 0) * 0.2)));
  return {
    id: `own-${Date.now()}`,
    name,
    classes,
    trainPerClass: classes.map((folder, i) => (counts.get(folder) ?? 0) - (held[i] ?? 0)),
    validationPerClass: held,
    bytes: files.reduce((sum, { file }) => sum + file.size, 0),
    maxEdgePx: 512,
    createdAtMs: Date.now(),
    validationNote: 'Validation shows pictures that were held out of the training.',
  };
}

export class FakeImporter implements ImporterApi {
  readonly datasets: DatasetSummary[];
  #abort = new AbortController();

  constructor(private readonly settings: FakeSettings) {
    this.datasets =
      settings.stored || settings.unfinished || settings.runs > 0 || settings.ladder > 0 ? [demoDataset] : [];
  }

  async importFiles(
    files: PathedFile[],
    options: { name: string },
    onProgress: (progress: ImportProgress) => void,
  ) {
    if (files.every(({ path }) => !/\.(png|jpe?g|webp)$/i.test(path))) {
      throw new Error(
        'None of these files is a picture. Choose a folder with one subfolder of pictures for each class.',
      );
    }
    const dataset = summarise(files, options.name);
    await this.#work(files.length, dataset.classes[0] ?? '', onProgress);
    this.datasets.unshift(dataset);
    return { dataset, problems: this.#problems() };
  }

  async importDemo(_zipUrl: string, onProgress: (progress: ImportProgress) => void) {
    const stored = this.datasets.find(({ id }) => id === demoDataset.id);
    if (stored !== undefined) return { dataset: stored, problems: [] };
    await this.#work(3344, 'animal', onProgress);
    this.datasets.unshift(demoDataset);
    return { dataset: demoDataset, problems: this.#problems() };
  }

  #problems() {
    if (!this.settings.unreadable) return [];
    return [
      {
        path: 'pets/cat/IMG_0042.HEIC',
        message: 'is a HEIC picture, which this browser cannot read. Save it as JPEG.',
      },
      { path: 'pets/dog/broken.jpg', message: 'ends early: the file is damaged. Copy it again.' },
    ];
  }

  async #work(total: number, label: string, onProgress: (progress: ImportProgress) => void): Promise<void> {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    if (this.settings.storageRefused) {
      throw new Error(
        'The browser refused to store the pictures. A private window does that: open the page in a normal window.',
      );
    }
    const parts = 20;
    for (let part = 1; part <= parts; part += 1) {
      await new Promise((resolve) => setTimeout(resolve, this.settings.importMs / parts));
      signal.throwIfAborted();
      onProgress({
        phase: part < parts / 2 ? 'reading' : 'storing',
        done: Math.round((total * part) / parts),
        total,
        label,
      });
    }
  }

  cancel() {
    this.#abort.abort();
    return Promise.resolve();
  }

  listDatasets() {
    return Promise.resolve([...this.datasets]);
  }

  deleteDataset(id: string) {
    this.datasets.splice(
      this.datasets.findIndex((dataset) => dataset.id === id),
      1,
    );
    return Promise.resolve();
  }

  sampleImages(id: string, _split: string, count: number) {
    const classes = this.datasets.find((dataset) => dataset.id === id)?.classes.length ?? 1;
    return Promise.all(
      Array.from({ length: count }, async (_, i) => ({
        label: i % classes,
        blob: await drawPicture(i % classes, i),
      })),
    );
  }
}
