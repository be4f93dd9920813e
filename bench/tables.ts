/** Results of the benchmarks as Markdown. */
import type { ConvResult, Pass } from './page/conv.ts';
import type { RunnerFigures, StepResult } from './page/step.ts';

export function stepTable({ adapter, model, batch, size, ours, tfjs, ratio }: StepResult): string {
  const row = (name: string, figures: RunnerFigures) =>
    `| ${name} | ${figures.ms.toFixed(0)} | ${(figures.firstStepMs / 1000).toFixed(1)} | ${String(figures.dispatches)} | ${mebibytes(figures.gpuBytes)} | ${mebibytes(figures.workspaceBytes)} | ${figures.loss.toFixed(5)} |`;
  return [
    `${model}, batch ${String(batch)} at ${String(size)} px, on ${adapter}`,
    '',
    '| | ms a step | first step, s | dispatches | GPU MiB | of these workspace | first loss |',
    '|---|---|---|---|---|---|---|',
    row('Tabtrain', ours),
    row('plain tfjs', tfjs),
    '',
    `${ratio.toFixed(1)} times faster`,
  ].join('\n');
}

export function convTable({ adapter, peakGflops, rows }: ConvResult): string {
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

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
