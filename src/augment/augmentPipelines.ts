/** The compute pipelines of the augmentation, each compiled when a batch first needs it. */
import { finishPassKernel } from './kernels/finishPass.ts';
import { horizontalPassKernel } from './kernels/horizontalPass.ts';
import { operationPassKernel } from './kernels/operationPass.ts';
import { statisticsPassKernel } from './kernels/statisticsPass.ts';
import { verticalPassKernel } from './kernels/verticalPass.ts';

const kernels = {
  'horizontal pass': () => horizontalPassKernel,
  'vertical pass, bytes': () => verticalPassKernel('bytes'),
  'vertical pass, normalised': () => verticalPassKernel('normalised'),
  statistics: () => statisticsPassKernel,
  operations: () => operationPassKernel,
  'finish, pasted': () => finishPassKernel('pasted'),
  'finish, blended': () => finishPassKernel('blended'),
} as const satisfies Record<string, () => string>;

export type AugmentPass = keyof typeof kernels;

export class AugmentPipelines {
  private readonly pipelines = new Map<AugmentPass, GPUComputePipeline>();

  constructor(private readonly device: GPUDevice) {}

  get(pass: AugmentPass): GPUComputePipeline {
    let pipeline = this.pipelines.get(pass);
    if (pipeline === undefined) {
      const label = `augment: ${pass}`;
      const module = this.device.createShaderModule({ label, code: kernels[pass]() });
      pipeline = this.device.createComputePipeline({ label, layout: 'auto', compute: { module } });
      this.pipelines.set(pass, pipeline);
    }
    return pipeline;
  }
}
