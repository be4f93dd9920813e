import { describe, expect, it, vi } from 'vitest';
import type { ImporterApi, TrainerApi, TrainerEvent } from '../../src/protocol.ts';
import { presets } from '../../src/recipe/presets.ts';
import { DataStore } from '../../src/ui/state/dataStore.ts';
import { PredictStore } from '../../src/ui/state/predictStore.ts';
import { RunStore } from '../../src/ui/state/runStore.ts';
import { unfinishedRun } from '../../src/ui/state/runsStore.ts';
import { WeightsStore } from '../../src/ui/state/weightsStore.ts';
import { evaluationEvent, runSummary, stepEvent } from './events.ts';

const unexpected = () => Promise.reject(new Error('not expected in this test'));

/** A trainer in which only the given calls are expected. */
function trainer(calls: Partial<TrainerApi>): TrainerApi {
  return {
    device: unexpected,
    estimate: unexpected,
    setPageVisible: unexpected,
    inspectWeights: unexpected,
    subscribe: unexpected,
    start: unexpected,
    resume: unexpected,
    pause: unexpected,
    step: unexpected,
    stop: unexpected,
    predict: unexpected,
    exportWeights: unexpected,
    runs: unexpected,
    history: unexpected,
    deleteRun: unexpected,
    datasetImage: unexpected,
    kernels: unexpected,
    selfTest: unexpected,
    tune: unexpected,
    compareRunners: unexpected,
    cancelDeviceTask: unexpected,
    ...calls,
  };
}

function importer(calls: Partial<ImporterApi>): ImporterApi {
  return {
    importFiles: unexpected,
    importDemo: unexpected,
    cancel: unexpected,
    listDatasets: unexpected,
    deleteDataset: unexpected,
    sampleImages: unexpected,
    ...calls,
  };
}

const dataset = {
  id: 'demo',
  name: 'Emoji',
  classes: ['cat', 'dog'],
  trainPerClass: [10, 12],
  validationPerClass: [2, 3],
  bytes: 1000,
  maxEdgePx: 96,
  createdAtMs: 1,
  validationNote: '',
};
const request = {
  recipe: presets['quick-start'].recipe,
  datasetId: 'demo',
  initialWeights: null,
  runner: 'engine' as const,
};

describe('RunStore', () => {
  it('puts events away at once and changes the page at most ten times a second', async () => {
    vi.useFakeTimers();
    try {
      let send: (event: TrainerEvent) => void = () => undefined;
      const run = new RunStore(
        trainer({
          subscribe: (onEvent) => {
            send = onEvent;
            return Promise.resolve();
          },
        }),
      );
      await run.subscribe();
      let changes = 0;
      run.view.subscribe(() => (changes += 1));
      for (let step = 1; step <= 200; step += 1) {
        send(stepEvent(step));
        vi.advanceTimersByTime(5);
      }
      vi.advanceTimersByTime(100);
      expect(run.curves.value.log.stepCount).toBe(200);
      expect(run.view.value.step?.step).toBe(200);
      expect(changes).toBeGreaterThan(5);
      expect(changes).toBeLessThanOrEqual(12);
    } finally {
      vi.useRealTimers();
    }
  });

  it('goes back to idle and says why when a start is refused', async () => {
    const run = new RunStore(trainer({ start: () => Promise.reject(new Error('Another tab trains it.')) }));
    expect(await run.start(request, dataset)).toBe(false);
    expect(run.commandError.value).toBe('Another tab trains it.');
    expect(run.view.value.status).toBe('idle');
    expect(run.pendingCommand.value).toBeNull();
  });

  it('shows the whole curves of a stored run before it goes on', async () => {
    const resume = vi.fn(() => Promise.resolve());
    const run = new RunStore(
      trainer({
        resume,
        history: () =>
          Promise.resolve({
            steps: [1, 2, 3].map((step) => stepEvent(step)),
            evaluations: [evaluationEvent(0)],
          }),
      }),
    );
    await run.resume(runSummary('old'));
    expect(resume).toHaveBeenCalledWith('old');
    expect(run.curves.value.log.stepCount).toBe(3);
    expect(run.view.value).toMatchObject({ runId: 'old', best: { top1: 0.4, epoch: 0, weights: 'raw' } });
  });

  it('sends one command at a time', async () => {
    let finish: () => void = () => undefined;
    const pause = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
    const run = new RunStore(trainer({ pause }));
    const first = run.pause();
    expect(await run.pause()).toBe(false);
    finish();
    expect(await first).toBe(true);
    expect(pause).toHaveBeenCalledTimes(1);
  });

  it('lets a stop overtake a start that takes long, and takes its end for no error', async () => {
    let fail: (error: Error) => void = () => undefined;
    const stop = vi.fn(() => Promise.resolve());
    const run = new RunStore(
      trainer({ stop, start: () => new Promise<string>((_, reject) => (fail = reject)) }),
    );
    const started = run.start(request, dataset);
    expect(await run.stop()).toBe(true);
    expect(stop).toHaveBeenCalledTimes(1);
    fail(new DOMException('stopped', 'AbortError'));
    expect(await started).toBe(false);
    expect(run.commandError.value).toBeNull();
    expect(run.view.value.status).toBe('idle');
  });
});

describe('unfinishedRun', () => {
  it('is the newest that has a checkpoint and did not come to its end', () => {
    const runs = [
      runSummary('ended', { status: 'finished', updatedAtMs: 9 }),
      runSummary('stopped', { status: 'stopped', updatedAtMs: 8 }),
      runSummary('lost', { resumable: false, updatedAtMs: 7 }),
      runSummary('broke off', { status: 'training', updatedAtMs: 6 }),
      runSummary('older', { updatedAtMs: 5 }),
    ];
    expect(unfinishedRun(runs)?.id).toBe('broke off');
    expect(unfinishedRun(runs.slice(0, 3))).toBeNull();
  });
});

describe('PredictStore', () => {
  it('never asks twice at a time, and asks once more for what changed meanwhile', async () => {
    let open = 0;
    let most = 0;
    const asked: string[] = [];
    const store = new PredictStore(
      trainer({
        predict: async (_image, weights) => {
          open += 1;
          most = Math.max(most, open);
          asked.push(weights);
          await new Promise((resolve) => setTimeout(resolve, 5));
          open -= 1;
          return { top: [], classes: [], weights, step: 1 };
        },
      }),
    );
    store.setImage(new Blob(['x']), 'x.png');
    store.setWeights('ema');
    await Promise.all([store.refresh(), store.refresh()]);
    await vi.waitFor(() => expect(store.busy.value).toBe(false));
    expect(most).toBe(1);
    expect(asked).toEqual(['raw', 'ema']);
    expect(store.prediction.value?.weights).toBe('ema');
  });

  it('shows why there is no prediction', async () => {
    const store = new PredictStore(trainer({ predict: () => Promise.reject(new Error('No run yet.')) }));
    store.setImage(new Blob(['x']), 'x.png');
    await vi.waitFor(() => expect(store.error.value).toBe('No run yet.'));
  });
});

describe('WeightsStore', () => {
  it('blocks Train until a usable file is there, and freezes from the input on', async () => {
    const store = new WeightsStore(
      trainer({
        inspectWeights: (file) =>
          file.size > 3
            ? Promise.resolve({ model: 'resnet18', classCount: 2, tensorCount: 122, notes: [] })
            : Promise.reject(new Error('too short')),
      }),
    );
    expect(store.blocker.value).toBeNull();
    store.setSource('file');
    expect(store.blocker.value).toContain('Choose a weights file');
    store.setFile(new File(['abc'], 'bad.safetensors'));
    await store.inspect(request.recipe, 'demo');
    expect(store.blocker.value).toContain('too short');
    store.setFile(new File(['abcdef'], 'good.safetensors'));
    await store.inspect(request.recipe, 'demo');
    expect(store.blocker.value).toBeNull();
    store.frozenCount.value = 2;
    expect(store.initialWeights.value).toMatchObject({
      fileName: 'good.safetensors',
      frozenStages: ['stem', 'layer1'],
    });
    store.setSource('random');
    expect(store.initialWeights.value).toBeNull();
  });
});

describe('DataStore', () => {
  it('imports the demo set once, however often it is asked', async () => {
    const importDemo = vi.fn(() => Promise.resolve({ dataset, problems: [] }));
    const store = new DataStore(
      importer({ importDemo, sampleImages: () => Promise.resolve([]) }),
      'demo.zip',
    );
    const [first, second] = await Promise.all([store.importDemo(), store.importDemo()]);
    expect(importDemo).toHaveBeenCalledTimes(1);
    expect(first).toEqual(dataset);
    expect(second).toEqual(dataset);
    expect(store.selected.value?.id).toBe('demo');
  });

  it('says why an import failed, and nothing when the person cancelled it', async () => {
    const refusing = new DataStore(
      importer({ importFiles: () => Promise.reject(new Error('This folder is empty.')) }),
      '',
    );
    const options = { name: 'x', maxEdgePx: 512, validationFraction: 0.2, seed: 0 };
    expect(await refusing.importFiles([], options)).toBeNull();
    expect(refusing.error.value).toBe('This folder is empty.');
    const cancelled = new DataStore(
      importer({ importFiles: () => Promise.reject(new DOMException('stopped', 'AbortError')) }),
      '',
    );
    expect(await cancelled.importFiles([], options)).toBeNull();
    expect(cancelled.error.value).toBeNull();
    expect(cancelled.importing.value).toBeNull();
  });
});
