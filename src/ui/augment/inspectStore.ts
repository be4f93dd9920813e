/** The inspector's state: what is shown is the address; everything else is asked of the inspector worker. */
import { computed, effect, signal } from '@preact/signals';
import { messageOf } from '../../format.ts';
import type {
  DrawQuestion,
  InspectorApi,
  InspectorDevice,
  LookSettings,
  OpenedPicture,
  PictureSource,
} from '../../protocol.ts';
import { operationOfBin, pixelOperationNames } from '../../augment/trivialAugment.ts';
import {
  defaultAddress,
  formatAddress,
  parseAddress,
  photoNames,
  type InspectAddress,
  type PhotoName,
  type Subject,
} from './address.ts';
import { Latest } from './latest.ts';

/** Where the built-in photographs lie, relative to the page. */
export function photoUrl(name: PhotoName): string {
  return new URL(`${import.meta.env.BASE_URL}photos/${name}.jpg`, document.baseURI).href;
}

export interface Opened {
  subject: Subject;
  picture: OpenedPicture;
  partner: OpenedPicture;
}

/** Training crops beside the validation view. */
const fixResCrops = 8;
const trainingSeedDigits = 1e6;

export class InspectStore {
  readonly address = signal<InspectAddress>(defaultAddress);
  /** What was wrong with the address that was opened. */
  readonly addressProblems = signal<string[]>([]);
  readonly device = signal<InspectorDevice | null>(null);
  readonly opened = signal<Opened | null>(null);
  readonly openError = signal<string | null>(null);
  /** The person's own image; its bytes stay on this machine. */
  readonly file = signal<{ blob: Blob; name: string; fingerprint: string } | null>(null);
  /** The file that was chosen is not the one of the link. */
  readonly wrongFile = signal<string | null>(null);
  /** Over how many draws is counted; null: those of the grid. */
  readonly countedDraws = signal<number | null>(null);

  /** The link is about an image of the person's own that is not here yet. */
  readonly asksForFile = computed(() => {
    const { subject } = this.address.value;
    return subject.kind === 'file' && this.file.value?.fingerprint !== subject.fingerprint;
  });

  readonly draws = new Latest((question: DrawQuestion & { count: number }) =>
    this.inspector.draws(withoutCount(question), 0, question.count),
  );
  readonly stages = new Latest((question: DrawQuestion & { position: number }) =>
    this.inspector.stages(question, question.position),
  );
  readonly counts = new Latest((question: DrawQuestion & { draws: number }) =>
    this.inspector.counts(question, question.draws),
  );
  readonly operations = new Latest(
    (question: { pictureId: number; sizePx: number; bin: number; negative: boolean }) =>
      this.inspector.operations(
        question.pictureId,
        question.sizePx,
        pixelOperationNames.map((name) => operationOfBin(name, question.bin, question.negative)),
      ),
  );
  readonly fixRes = new Latest((question: DrawQuestion) => this.inspector.fixRes(question, fixResCrops));

  #started = false;

  constructor(private readonly inspector: InspectorApi) {}

  /** Shows what an address says; an empty one leaves what is shown. */
  read(query: string): void {
    if (query === '' || query === formatAddress(this.address.peek())) return;
    const { address, problems } = parseAddress(query);
    this.address.value = address;
    this.addressProblems.value = problems;
  }

  /** Begins to ask the worker; once, when the view is first shown. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.inspector.device().then(
      (device) => (this.device.value = device),
      (error: unknown) => (this.openError.value = messageOf(error)),
    );
    const subject = computed(() => JSON.stringify(this.address.value.subject));
    effect(() => {
      const wanted = JSON.parse(subject.value) as Subject;
      const missing = this.asksForFile.value;
      void this.#open(wanted, missing);
    });
    effect(() => this.#askDraws());
    effect(() => this.#askOperations());
  }

  set(change: Partial<InspectAddress>): void {
    const next = { ...this.address.peek(), ...change };
    if (next.selected >= next.count) next.selected = 0;
    this.address.value = next;
  }

  setSettings(settings: LookSettings): void {
    this.set({ settings });
  }

  /** Another image; an unlocked seed is drawn anew. */
  setSubject(subject: Subject): void {
    this.set({ subject, ...(this.address.peek().seedLocked ? {} : { seed: newSeed() }) });
  }

  resample(): void {
    this.set({ seed: newSeed() });
  }

  /** The person's own image. Where a link asks for a certain one, another is refused with a message. */
  async setFile(blob: Blob, name: string): Promise<void> {
    this.wrongFile.value = null;
    this.openError.value = null;
    try {
      const opened = await this.inspector.open({ kind: 'file', file: blob });
      const fingerprint = opened.fingerprint ?? '';
      const { subject } = this.address.peek();
      if (this.asksForFile.peek() && subject.kind === 'file' && subject.fingerprint !== fingerprint) {
        this.wrongFile.value = `“${name}” is not the image of this link: its bytes differ. Choose the same file, or look at this one with the link’s settings.`;
        this.#refused = { blob, name, fingerprint };
        return;
      }
      this.#take({ blob, name, fingerprint });
    } catch (error) {
      this.openError.value = messageOf(error);
    }
  }

  #refused: { blob: Blob; name: string; fingerprint: string } | null = null;

  /** Looks at the file that is not the link's, with the link's settings. */
  takeRefusedFile(): void {
    if (this.#refused !== null) this.#take(this.#refused);
  }

  #take(file: { blob: Blob; name: string; fingerprint: string }): void {
    this.#refused = null;
    this.wrongFile.value = null;
    this.file.value = file;
    const { subject } = this.address.peek();
    if (subject.kind === 'file' && subject.fingerprint === file.fingerprint) return;
    // The settings and the seed of a link are kept for the file it asks for and for one in its place.
    if (subject.kind === 'file') this.set({ subject: { kind: 'file', fingerprint: file.fingerprint } });
    else this.setSubject({ kind: 'file', fingerprint: file.fingerprint });
  }

  #openings = 0;

  async #open(subject: Subject, missing: boolean): Promise<void> {
    const opening = ++this.#openings;
    this.openError.value = null;
    if (missing) {
      this.opened.value = null;
      return;
    }
    try {
      const [picture, partner] = await Promise.all([
        this.inspector.open(this.#sourceOf(subject)),
        this.#openPartner(subject),
      ]);
      if (opening === this.#openings) this.opened.value = { subject, picture, partner };
    } catch (error) {
      if (opening !== this.#openings) return;
      this.opened.value = null;
      this.openError.value = messageOf(error);
    }
  }

  #sourceOf(subject: Subject): PictureSource {
    switch (subject.kind) {
      case 'photo':
        return { kind: 'url', url: photoUrl(subject.name) };
      case 'sample':
        return subject;
      case 'file':
        return { kind: 'file', file: this.file.peek()?.blob ?? new Blob() };
    }
  }

  /** Mixing needs a second image: the sample before this one, as in a batch in stored order, or a photograph. */
  async #openPartner(subject: Subject): Promise<OpenedPicture> {
    if (subject.kind === 'sample' && subject.index > 0) {
      return await this.inspector.open({ ...subject, index: subject.index - 1 });
    }
    return await this.inspector.open({ kind: 'url', url: photoUrl(partnerPhoto(subject)) });
  }

  /** The question that all tabs but the batch are about; null while no image is open. */
  readonly question = computed<DrawQuestion | null>(() => {
    const opened = this.opened.value;
    if (opened === null) return null;
    const { settings, seed } = this.address.value;
    return { pictureId: opened.picture.id, partnerId: opened.partner.id, settings, seed };
  });

  #askDraws(): void {
    const question = this.question.value;
    const { tab, count, selected } = this.address.value;
    if (question === null) {
      for (const latest of [this.draws, this.stages, this.counts, this.fixRes]) latest.clear();
      return;
    }
    if (tab === 'sizes') this.fixRes.ask(question);
    if (tab !== 'draws') return;
    this.draws.ask({ ...question, count });
    this.stages.ask({ ...question, position: selected });
    this.counts.ask({ ...question, draws: this.countedDraws.value ?? count });
  }

  #askOperations(): void {
    const question = this.question.value;
    const { tab, bin, negative } = this.address.value;
    if (question === null) {
      this.operations.clear();
      return;
    }
    if (tab !== 'operations') return;
    const { pictureId, settings } = question;
    this.operations.ask({ pictureId, sizePx: settings.trainCropSize, bin, negative });
  }
}

function withoutCount({ pictureId, partnerId, settings, seed }: DrawQuestion): DrawQuestion {
  return { pictureId, partnerId, settings, seed };
}

/** The next photograph, so that a photograph is not mixed with itself. */
export function partnerPhoto(subject: Subject): PhotoName {
  const at = subject.kind === 'photo' ? photoNames.indexOf(subject.name) : -1;
  return photoNames[(at + 1) % photoNames.length] ?? 'airplane-from-above';
}

/** Short enough to be told to somebody. */
function newSeed(): number {
  return Math.floor(Math.random() * trainingSeedDigits);
}
