/** The workers behind plain interfaces: Comlink stays in this file. */
import * as Comlink from 'comlink';
import type { Backend, ImporterApi, InspectorApi, TrainerApi } from '../protocol.ts';

/**
 * Starts the workers. `onFailure` is called with a message to show when one of them does not load or breaks
 * outside a call.
 */
export function createWorkerBackend(onFailure: (message: string) => void): Backend {
  const trainerWorker = new Worker(new URL('../../workers/trainer.ts', import.meta.url), { type: 'module' });
  const importerWorker = new Worker(new URL('../../workers/importer.ts', import.meta.url), {
    type: 'module',
  });
  reportFailures(trainerWorker, 'trainer', onFailure);
  reportFailures(importerWorker, 'importer', onFailure);
  const trainer = Comlink.wrap<TrainerApi>(trainerWorker);
  const importer = Comlink.wrap<ImporterApi>(importerWorker);
  let startedInspector: Comlink.Remote<InspectorApi> | null = null;
  /** Most people open the page to train: the inspector's device and kernels wait until they are wanted. */
  const inspector = () => {
    if (startedInspector !== null) return startedInspector;
    const worker = new Worker(new URL('../../workers/inspector.ts', import.meta.url), { type: 'module' });
    reportFailures(worker, 'inspector', onFailure);
    startedInspector = Comlink.wrap<InspectorApi>(worker);
    return startedInspector;
  };
  return {
    trainer: {
      device: () => trainer.device(),
      estimate: (question) => trainer.estimate(question),
      setPageVisible: (isVisible) => trainer.setPageVisible(isVisible),
      inspectWeights: (...question) => trainer.inspectWeights(...question),
      subscribe: (onEvent) => trainer.subscribe(Comlink.proxy(onEvent)),
      start: (request) => trainer.start(request),
      resume: (runId) => trainer.resume(runId),
      pause: () => trainer.pause(),
      step: () => trainer.step(),
      stop: () => trainer.stop(),
      predict: (image, weights) => trainer.predict(image, weights),
      exportWeights: (runId, weights) => trainer.exportWeights(runId, weights),
      runs: () => trainer.runs(),
      history: (runId) => trainer.history(runId),
      deleteRun: (runId) => trainer.deleteRun(runId),
      datasetImage: (...address) => trainer.datasetImage(...address),
      kernels: () => trainer.kernels(),
      selfTest: (onProgress) => trainer.selfTest(Comlink.proxy(onProgress)),
      tune: (onProgress) => trainer.tune(Comlink.proxy(onProgress)),
      compareRunners: (question, onProgress) => trainer.compareRunners(question, Comlink.proxy(onProgress)),
      cancelDeviceTask: () => trainer.cancelDeviceTask(),
    },
    importer: {
      importFiles: (files, options, onProgress) =>
        importer.importFiles(files, options, Comlink.proxy(onProgress)),
      importDemo: (zipUrl, onProgress) => importer.importDemo(zipUrl, Comlink.proxy(onProgress)),
      cancel: () => importer.cancel(),
      listDatasets: () => importer.listDatasets(),
      deleteDataset: (id) => importer.deleteDataset(id),
      sampleImages: (...question) => importer.sampleImages(...question),
    },
    inspector: {
      device: () => inspector().device(),
      open: (source) => inspector().open(source),
      draws: (...question) => inspector().draws(...question),
      stages: (...question) => inspector().stages(...question),
      counts: (...question) => inspector().counts(...question),
      operations: (...question) => inspector().operations(...question),
      fixRes: (...question) => inspector().fixRes(...question),
      stepBatch: (...question) => inspector().stepBatch(...question),
    },
  };
}

function reportFailures(worker: Worker, name: string, onFailure: (message: string) => void): void {
  worker.addEventListener('error', (event) => {
    const reason = event.message === '' ? 'its script did not load' : event.message;
    onFailure(`The ${name} stopped working (${reason}). Reload the page; saved runs are kept.`);
  });
}
