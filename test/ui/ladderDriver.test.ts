/** The queue's driver on stores that are real and a trainer that is not. */
import { signal } from '@preact/signals';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeviceReport, RunSummary, TrainerApi, TrainerEvent } from '../../src/protocol.ts';
import type { RungName } from '../../src/recipe/ladder.ts';
import { defaultScale, ladderRecipe } from '../../src/recipe/ladderScale.ts';
import { driveLadder } from '../../src/ui/state/ladderDriver.ts';
import { enqueue, type LadderQueue, reduceQueue } from '../../src/ui/state/ladderQueue.ts';
import { LadderStore } from '../../src/ui/state/ladderStore.ts';
import { RunsStore } from '../../src/ui/state/runsStore.ts';
import { RunStore } from '../../src/ui/state/runStore.ts';
import { runSummary } from './events.ts';

const dataset = {
  ...{
    id: 'demo',
    name: 'Emoji',
    classes: ['cat', 'dog'],
    trainPerClass: [10, 12],
    validationPerClass: [2, 3],
  },
  ...{ bytes: 1000, maxEdgePx: 96, createdAtMs: 1, validationNote: '' },
};
const device: DeviceReport = { ok: true, adapter: 'a', isSoftware: false, features: [], limits: [] };
const series = {
  ...{
    datasetId: 'demo',
    datasetName: 'Emoji',
    trainImages: 22,
    scale: defaultScale,
    runner: 'engine' as const,
  },
};

/** Stands for the browser's storage, over pages. */
const stored = new Map<string, string>();

beforeEach(() => {
  stored.clear();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
  });
  // Node's own would keep the next page from having the queue.
  vi.stubGlobal('navigator', undefined);
});

/** A page with the ladder on a trainer that stores runs and does nothing by itself. */
class Page {
  readonly started: RungName[] = [];
  readonly resumed: string[] = [];
  refusal: string | null = null;
  readonly ladder: LadderStore;
  #send: (event: TrainerEvent) => void = () => undefined;

  constructor(
    readonly runs: RunSummary[] = [],
    queue: LadderQueue | null = null,
  ) {
    if (queue !== null) {
      const ticked: RungName[] = [];
      stored.set('tabtrain:ladder', JSON.stringify({ version: 1, scale: defaultScale, ticked, queue }));
    }
    const calls: Partial<TrainerApi> = {
      subscribe: (onEvent) => {
        this.#send = onEvent;
        return Promise.resolve();
      },
      runs: () => Promise.resolve([...this.runs]),
      history: () => Promise.resolve({ steps: [], evaluations: [] }),
      estimate: () => Promise.reject(new Error('no estimates here')),
      start: ({ ladder, recipe }) => {
        if (this.refusal !== null) return Promise.reject(new Error(this.refusal));
        const id = `run-${this.runs.length + 1}`;
        if (ladder !== undefined) this.started.push(ladder.rung);
        const place = ladder === undefined ? {} : { ladder };
        this.runs.push(
          runSummary(id, { status: 'training', resumable: false, createdAtMs: Date.now(), recipe, ...place }),
        );
        return Promise.resolve(id);
      },
      resume: (id) => {
        if (this.refusal !== null) return Promise.reject(new Error(this.refusal));
        this.resumed.push(id);
        return Promise.resolve();
      },
      stop: () => Promise.resolve(),
      deleteRun: (id) => {
        this.runs.splice(
          this.runs.findIndex((run) => run.id === id),
          1,
        );
        return Promise.resolve();
      },
    };
    const trainer = calls as TrainerApi;
    const run = new RunStore(trainer);
    this.ladder = new LadderStore({
      ...{ trainer, run, runs: new RunsStore(trainer), runner: signal('engine') },
      ...{ device: signal(device), dataset: signal(dataset), datasets: signal([dataset]) },
      startRun: (request, on) => run.start(request, on),
      resumeRun: (summary) => run.resume(summary),
    });
    void run.subscribe();
    this.ladder.connect();
    driveLadder(this.ladder);
  }

  /** The trainer tells how the run in it ended. */
  end(status: 'finished' | 'failed' | 'paused' | 'stopped', message = ''): void {
    const run = this.runs.at(-1);
    if (run === undefined) throw new Error('No run was started.');
    run.status = status;
    this.#send({ event: 'status', runId: run.id, status, message });
  }

  statuses(): string[] {
    return (this.ladder.queue.value?.items ?? []).map(({ rung, status }) => `${rung} ${status}`);
  }

  async until(...statuses: string[]): Promise<void> {
    await vi.waitFor(() => expect(this.statuses()).toEqual(statuses), { timeout: 4000 });
  }
}

function queueOf(...names: RungName[]): LadderQueue {
  return enqueue(
    null,
    series,
    names.map((rung) => ({ rung, estimatedSeconds: 10 })),
    'q',
  );
}

/** As a page left it whose first rung was under way. */
function begun(runId: string | null, ...names: RungName[]): LadderQueue {
  const [rung = 'baseline'] = names;
  const queue = reduceQueue(queueOf(...names), { type: 'begin', rung, nowMs: 1000 });
  return runId === null ? queue : reduceQueue(queue, { type: 'bind', rung, runId });
}

const ofRung = (change: Partial<RunSummary>) =>
  runSummary('old', {
    ...{ ladder: { queueId: 'q', rung: 'baseline' }, createdAtMs: 2000, step: 40, status: 'paused' },
    ...change,
  });

describe('the ladder’s driver', () => {
  it('starts the ticked rungs in turn with their recipes, past one that failed', async () => {
    const page = new Page();
    page.ladder.tickAll(['mixup', 'baseline', 'ema']);
    await page.ladder.start();
    await page.until('baseline running', 'mixup waiting', 'ema waiting');
    await vi.waitFor(() => expect(page.runs).toHaveLength(1));
    expect(page.runs[0]?.recipe).toEqual(ladderRecipe('baseline', defaultScale, 22));
    page.end('finished');
    await page.until('baseline done', 'mixup running', 'ema waiting');
    page.end('failed', 'The run diverged.');
    await page.until('baseline done', 'mixup failed', 'ema running');
    expect(page.ladder.queue.value?.items[1]?.message).toBe('The run diverged.');
    page.end('finished');
    await page.until('baseline done', 'mixup failed', 'ema done');
    expect(page.ladder.queue.value?.isRunning).toBe(false);
    expect(page.started).toEqual(['baseline', 'mixup', 'ema']);
  });

  it('goes on after a reload from the checkpoint, by the run’s name', async () => {
    const page = new Page([ofRung({})], begun('old', 'baseline', 'ema'));
    await vi.waitFor(() => expect(page.resumed).toEqual(['old']));
    page.end('finished');
    await page.until('baseline done', 'ema running');
    expect(page.started).toEqual(['ema']);
  });

  it('finds the run by its rung where the page closed before it had a name', async () => {
    const others = [
      ofRung({ id: 'before', createdAtMs: 900 }),
      ofRung({ id: 'another queue', ladder: { queueId: 'p', rung: 'baseline' } }),
    ];
    const page = new Page([...others, ofRung({ id: 'mine' })], begun(null, 'baseline'));
    await vi.waitFor(() => expect(page.resumed).toEqual(['mine']));
    expect(page.started).toEqual([]);
  });

  it('begins again what has no checkpoint, and drops the empty record', async () => {
    const page = new Page([ofRung({ resumable: false, step: 0 })], begun('old', 'baseline'));
    await vi.waitFor(() => expect(page.started).toEqual(['baseline']));
    expect(page.runs.map(({ id }) => id)).toEqual(['run-1']);
  });

  it('takes note of what ended while the page was gone', async () => {
    const finished = new Page([ofRung({ status: 'finished' })], begun('old', 'baseline', 'ema'));
    await finished.until('baseline done', 'ema running');
    const failed = new Page([ofRung({ status: 'failed' })], begun('old', 'baseline', 'ema'));
    await failed.until('baseline failed', 'ema running');
    expect(failed.resumed).toEqual([]);
  });

  it('waits on hold, and goes on when told to', async () => {
    const held = reduceQueue(begun('old', 'baseline'), { type: 'hold', message: '' });
    const page = new Page([ofRung({})], held);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(page.resumed).toEqual([]);
    await page.ladder.goOn();
    await vi.waitFor(() => expect(page.resumed).toEqual(['old']));
  });

  it('takes a run up after a lost device, but not for ever at one step', async () => {
    const page = new Page([ofRung({})], begun('old', 'baseline', 'ema'));
    for (let times = 1; times <= 3; times += 1) {
      await vi.waitFor(() => expect(page.resumed).toHaveLength(times), { timeout: 4000 });
      page.end('paused', 'The graphics device was lost.');
    }
    await vi.waitFor(() => expect(page.ladder.queue.value?.isRunning).toBe(false));
    expect(page.resumed).toHaveLength(3);
    expect(page.ladder.queue.value?.items[0]?.message).toContain('It broke off 3 times at step 40.');
    await page.ladder.goOn();
    await vi.waitFor(() => expect(page.resumed).toHaveLength(4));
  });

  it('holds when the person stops or pauses the run, and starts nothing in its place', async () => {
    const stopped = new Page([], queueOf('baseline', 'ema'));
    await vi.waitFor(() => expect(stopped.started).toEqual(['baseline']));
    stopped.end('stopped');
    await stopped.until('baseline stopped', 'ema waiting');
    expect(stopped.ladder.queue.value?.isRunning).toBe(false);
    const paused = new Page([], queueOf('baseline', 'ema'));
    await vi.waitFor(() => expect(paused.started).toEqual(['baseline']));
    paused.end('paused');
    await vi.waitFor(() => expect(paused.ladder.queue.value?.isRunning).toBe(false));
    await paused.until('baseline running', 'ema waiting');
  });

  it('marks refused starts with their reason and comes to an end', async () => {
    const page = new Page();
    page.refusal = 'There is not enough memory.';
    page.ladder.tickAll(['baseline', 'ema']);
    await page.ladder.start();
    await page.until('baseline failed', 'ema failed');
    expect(page.ladder.queue.value?.items[1]?.message).toBe('There is not enough memory.');
  });

  it('says so where the data are gone', async () => {
    const page = new Page([], { ...queueOf('baseline'), datasetId: 'gone', datasetName: 'Photos' });
    await page.until('baseline failed');
    expect(page.ladder.queue.value?.items[0]?.message).toContain('“Photos” is no longer stored');
  });

  it('puts a stored queue that it cannot read aside, and says so', () => {
    stored.set('tabtrain:ladder', '{"version":1,"queue":{"items":"none"}}');
    const page = new Page();
    expect(page.ladder.queue.value).toBeNull();
    expect(page.ladder.notice.value).toContain('cannot be read');
    expect(page.ladder.scale.value).toEqual(defaultScale);
  });
});
