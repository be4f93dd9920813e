/** What the fake workers do, from the query of fake.html. */
export interface FakeSettings {
  /** Step events a second while a run trains. */
  eventsPerSecond: number;
  /** Which device the trainer reports. */
  device: 'gpu' | 'software' | 'insecure-context' | 'no-webgpu' | 'no-adapter';
  /** A data set is already stored. */
  stored: boolean;
  /** A run broke off earlier and can be resumed. */
  unfinished: boolean;
  /** Finished runs in the store. */
  runs: number;
  /** Finished runs trained with the reference's augmentation on two ranks. */
  mixing: boolean;
  /** Importing is refused, as in a private window. */
  storageRefused: boolean;
  /** Importing reports files it could not read. */
  unreadable: boolean;
  /** The estimate refuses. */
  refused: boolean;
  /** Starting a run is refused. */
  startRefused: boolean;
  /** A problem event comes in the run. */
  problem: boolean;
  /** The self-test finds a wrong kernel. */
  wrongKernel: boolean;
  /** Runs survive a reload, up to their last checkpoint, as in the real store. */
  keep: boolean;
  /** This run of the page's, from 1, diverges at its tenth step. */
  diverges: number;
  /** Runs of a finished ladder in the store: this many rungs, spread from the first to the last. */
  ladder: number;
  /** Milliseconds an import takes. */
  importMs: number;
}

export function readSettings(search: string): FakeSettings {
  const query = new URLSearchParams(search);
  const devices = ['gpu', 'software', 'insecure-context', 'no-webgpu', 'no-adapter'] as const;
  const number = (name: string, otherwise: number) => Number(query.get(name) ?? otherwise);
  return {
    eventsPerSecond: number('events', 40),
    device: devices.find((device) => device === query.get('device')) ?? 'gpu',
    stored: query.has('stored'),
    unfinished: query.has('unfinished'),
    runs: number('runs', 0),
    mixing: query.has('mixing'),
    storageRefused: query.has('storageRefused'),
    unreadable: query.has('unreadable'),
    refused: query.has('refused'),
    startRefused: query.has('startRefused'),
    problem: query.has('problem'),
    wrongKernel: query.has('wrongKernel'),
    keep: query.has('keep'),
    diverges: number('diverges', 0),
    ladder: number('ladder', 0),
    importMs: number('importMs', 400),
  };
}
