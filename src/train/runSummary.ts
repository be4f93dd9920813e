/** What the list of runs shows of one. */
import type { RunSummary } from './reports.ts';
import type { RunRecord } from './runStore.ts';

/** @param open the same run as it is open in this tab, further than the stored record; null where it is not */
export function summariseRun(stored: RunRecord, open: RunRecord | null): RunSummary {
  const record = open ?? stored;
  const isUnfinished = !['finished', 'stopped'].includes(record.status);
  // What was training when its tab closed stands where its checkpoint is.
  const isInterrupted = open === null && ['preparing', 'training', 'evaluating'].includes(record.status);
  return {
    id: record.id,
    recipe: record.recipe,
    datasetId: record.datasetId,
    datasetName: record.datasetName,
    classes: record.classes,
    status: isInterrupted ? 'paused' : record.status,
    createdAtMs: record.createdAtMs,
    updatedAtMs: record.updatedAtMs,
    step: record.cursor.step,
    totalSteps: record.totalSteps,
    frozenStages: record.frozenStages.filter((stage) => stage !== 'head'),
    runner: record.runner,
    resumable: stored.hasCheckpoint && isUnfinished,
    lastEvaluation: record.lastEvaluation,
    ...(record.ladder === undefined ? {} : { ladder: record.ladder }),
  };
}
