/** The ladder's queue and settings in this browser's localStorage, checked when they are read. */
import * as v from 'valibot';
import { rungNames, type RungName } from '../../recipe/ladder.ts';
import { defaultScale, type LadderScale, scaleSchema } from '../../recipe/ladderScale.ts';
import { itemStatuses, type LadderQueue } from './ladderQueue.ts';

const storageKey = 'tabtrain:ladder';

export interface StoredLadder {
  scale: LadderScale;
  ticked: RungName[];
  queue: LadderQueue | null;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const schema = v.strictObject({
  version: v.literal(1),
  scale: scaleSchema,
  ticked: v.array(v.picklist(rungNames)),
  queue: v.nullable(
    v.strictObject({
      id: v.string(),
      datasetId: v.string(),
      datasetName: v.string(),
      trainImages: count,
      scale: scaleSchema,
      runner: v.picklist(['engine', 'engine-f16', 'tfjs']),
      isRunning: v.boolean(),
      items: v.array(
        v.strictObject({
          rung: v.picklist(rungNames),
          status: v.picklist(itemStatuses),
          runId: v.nullable(v.string()),
          message: v.string(),
          estimatedSeconds: v.nullable(v.pipe(v.number(), v.minValue(0))),
          startedAtMs: v.nullable(v.number()),
          tries: count,
          triedAtStep: count,
        }),
      ),
    }),
  ),
});

/** The baseline, the middle and the end: what differs most. */
export const defaultTicks: readonly RungName[] = ['baseline', 'mixup', 'repeated-augmentation'];

/** What is stored, and a message where it cannot be used. */
export function readLadder(): { stored: StoredLadder; message: string | null } {
  const fresh: StoredLadder = { scale: defaultScale, ticked: [...defaultTicks], queue: null };
  let text: string | null;
  try {
    text = localStorage.getItem(storageKey);
  } catch {
    return { stored: fresh, message: null };
  }
  if (text === null) return { stored: fresh, message: null };
  const result = v.safeParse(schema, parseJson(text));
  if (result.success) return { stored: result.output, message: null };
  const message =
    'The queue stored in this browser cannot be read, perhaps because another version of this page wrote it. It begins anew; its runs are kept under Runs.';
  return { stored: fresh, message };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Returns why it cannot be kept, or null. */
export function writeLadder(ladder: StoredLadder): string | null {
  try {
    localStorage.setItem(storageKey, JSON.stringify({ version: 1, ...ladder }));
    return null;
  } catch {
    return 'This browser does not store the queue (a private window, or no space): a reload would end it. Its runs are kept under Runs.';
  }
}
