/** The benchmarks by name, the same in a page and in Node. */
import { benchAugment, type AugmentResult, type AugmentSettings } from './augment.ts';
import { benchConv, type ConvResult, type ConvSettings } from './conv.ts';
import { benchMemory, type MemoryResult } from './memory.ts';
import { benchStep, type StepResult, type StepSettings } from './step.ts';
import type { TrainingSettings } from './trainingSetup.ts';

export type BenchRequest =
  | ({ bench: 'step' } & StepSettings)
  | ({ bench: 'conv' } & ConvSettings)
  | ({ bench: 'memory' } & TrainingSettings)
  | ({ bench: 'augment' } & AugmentSettings);

export type BenchResult = StepResult | ConvResult | MemoryResult | AugmentResult;

/**
 * Runs on `navigator.gpu`; once a process or page, since the meter sees everything in it.
 * @param report gets lines that say how far it is
 */
export async function runBench(request: BenchRequest, report: (line: string) => void): Promise<BenchResult> {
  switch (request.bench) {
    case 'step':
      return await benchStep(request, report);
    case 'conv':
      return await benchConv(request, report);
    case 'memory':
      return await benchMemory(request, report);
    case 'augment':
      return await benchAugment(request, report);
  }
}
