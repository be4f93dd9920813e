/** Results of the benchmarks as Markdown. */
import type { AugmentResult } from './measure/augment.ts';
import type { BenchResult } from './measure/benches.ts';
import type { ConvResult, Pass } from './measure/conv.ts';
import type { MemoryResult } from './measure/memory.ts';
import { sequentialTable, type SequentialResult } from './page/sequential.ts';
import type { StepFigures, StepResult } from './measure/step.ts';

export function tableOf(result: BenchResult | SequentialResult): string {
  switch (result.bench) {
    case 'step':
      return stepTable(result);
    case 'conv':
      return convTable(result);
    case 'memory':
      return memoryTable(result);
    case 'augment':
      return augmentTable(result);
    case 'sequential':
      return sequentialTable(result);
  }
}

function stepTable({ ours, tfjs, jax, ratio, jaxRatio, ...result }: StepResult): string {
  const row = (name: string, figures: StepFigures) =>
    `| ${name} | ${figures.ms.toFixed(0)} | ${(figures.firstStepMs / 1000).toFixed(1)} | ${String(figures.dispatches)} | ${mebibytes(figures.gpuBytes)} | ${mebibytes(figures.workspaceBytes)} | ${figures.loss.toFixed(5)} |`;
  return [
    headline(result),
    '',
    '| | ms a step | first step, s | dispatches | GPU MiB | of these workspace | first loss |',
    '|---|---|---|---|---|---|---|',
    row('Tabtrain', ours),
    row('plain tfjs', tfjs),
    ...(jax === null ? [] : [row('jax-js', jax)]),
    '',
    `${ratio.toFixed(1)} times faster than tfjs${jaxRatio === null ? '' : `, ${jaxRatio.toFixed(1)} times than jax-js`}`,
  ].join('\n');
}

function augmentTable({ pilImagesPerSecond, ratio, ...result }: AugmentResult): string {
  const { batch, imagesPerSecond, batchMs, stepMs, shareOfStep } = result;
  return [
    headline(result),
    '',
    '| | images/s | ms a batch |',
    '|---|---|---|',
    `| Tabtrain | ${imagesPerSecond.toFixed(0)} | ${batchMs.toFixed(0)} |`,
    ...(pilImagesPerSecond === null
      ? []
      : [
          `| torchvision on PIL, one core | ${pilImagesPerSecond.toFixed(0)} | ${((1000 * batch) / pilImagesPerSecond).toFixed(0)} |`,
        ]),
    '',
    `${ratio === null ? '' : `${ratio.toFixed(2)} times as fast; `}${(100 * shareOfStep).toFixed(2)} % of a training step of ${(stepMs / 1000).toFixed(1)} s`,
  ].join('\n');
}

function memoryTable({ parts, plannedBytes, allocatedBytes, ...result }: MemoryResult): string {
  return [
    headline(result),
    '',
    '| part | MiB by the plan | MiB in buffers |',
    '|---|---|---|',
    ...parts.map(
      ({ part, ...bytes }) =>
        `| ${part} | ${part === 'other' ? '–' : mebibytes(bytes.plannedBytes, 1)} | ${mebibytes(bytes.allocatedBytes, 1)} |`,
    ),
    `| all | ${mebibytes(plannedBytes, 1)} | ${mebibytes(allocatedBytes, 1)} |`,
    '',
    `Peak ${mebibytes(result.peakBytes, 1)} MiB; plain tfjs ${mebibytes(result.tfjsPeakBytes, 1)} MiB, ${result.ratio.toFixed(1)} times as much`,
  ].join('\n');
}

function headline(result: { adapter: string; model: string; batch: number; size: number }): string {
  const { adapter, model, batch, size } = result;
  return `${model}, batch ${String(batch)} at ${String(size)} px, on ${adapter}`;
}

function convTable({ adapter, peakGflops, rows }: ConvResult): string {
  const passes: readonly Pass[] = ['forward', 'input', 'filter'];
  const lines = rows.map(
    ({ shape, pass, oursGflops, tfjsGflops, jaxGflops }) =>
      `| ${shape} | ${pass} | ${oursGflops.toFixed(1)} | ${((100 * oursGflops) / peakGflops).toFixed(0)} % | ${tfjsGflops.toFixed(1)} | ${jaxGflops?.toFixed(1) ?? '–'} | ${(oursGflops / Math.max(tfjsGflops, jaxGflops ?? 0)).toFixed(2)} |`,
  );
  const ratios = (pass: Pass) =>
    rows
      .filter((row) => row.pass === pass)
      .map(({ oursGflops, tfjsGflops, jaxGflops }) => oursGflops / Math.max(tfjsGflops, jaxGflops ?? 0))
      .sort((a, b) => a - b);
  const summary = passes.map((pass) => {
    const sorted = ratios(pass);
    return `${pass}: median ${(sorted[Math.floor(sorted.length / 2)] ?? NaN).toFixed(2)}, least ${(sorted[0] ?? NaN).toFixed(2)}`;
  });
  return [
    `On ${adapter}; multiply-adds reach ${peakGflops.toFixed(0)} GFLOP/s`,
    '',
    '| convolution | pass | Tabtrain, GFLOP/s | of the peak | tfjs | jax-js | to the faster |',
    '|---|---|---|---|---|---|---|',
    ...lines,
    '',
    `Ratios to the faster. ${summary.join('; ')}`,
  ].join('\n');
}

function mebibytes(bytes: number, decimals = 0): string {
  return (bytes / 2 ** 20).toFixed(decimals);
}
