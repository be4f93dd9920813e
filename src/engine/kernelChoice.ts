/** Which kernels suit a device, from what it says about itself. tuning/ refines this by measurement. */
import { describeAdapter, isSoftwareAdapter, type EngineDevice } from './device.ts';
import { lanes, type ConvolutionVariant } from './kernels/convolution.ts';
import { tileSide } from './kernels/tiled/tile.ts';
import type { ConvolutionPass, KernelChoice } from './plan/builder.ts';

/** WebGPU's default maxBufferSize: every device can make a segment of this size. */
const segmentBytes = 256 * 1024 * 1024;

type DeviceAndInfo = Pick<EngineDevice, 'device' | 'adapterInfo'>;

export const convolutionPasses: readonly ConvolutionPass[] = ['forward', 'inputGradient', 'filterGradient'];

/** The variants that should give right results on this device; selfTest/ finds out whether they do. */
export function convolutionVariants({ device, adapterInfo }: DeviceAndInfo): ConvolutionVariant[] {
  // Not in every browser's adapter info yet.
  const { subgroupMinSize, subgroupMaxSize } = adapterInfo as Partial<
    Record<'subgroupMinSize' | 'subgroupMaxSize', number>
  >;
  const subgroupsAreLanes =
    device.features.has('subgroups') && subgroupMinSize === lanes && subgroupMaxSize === lanes;
  return [
    { rows: 'direct', tileRows: 8 },
    { rows: 'tiled', tileRows: tileSide },
    ...(subgroupsAreLanes ? [{ rows: 'subgroup', tileRows: 16 } as const] : []),
  ];
}

/** A graphics processor of which nothing is known: needs only core WebGPU. */
export const coreVariant: ConvolutionVariant = { rows: 'tiled', tileRows: tileSide };

export const coreKernelChoice: KernelChoice = {
  convolution: sameForAll(coreVariant),
  workgroups: 512,
  segmentBytes,
  // WebGPU's default maxStorageBufferBindingSize, and half a second of a weak GPU's 100 GFLOP/s.
  limits: { bindingBytes: 128 * 1024 * 1024, dispatchFlops: 50e9 },
};

export function defaultKernelChoice(engine: EngineDevice): KernelChoice {
  const convolution = sameForAll(preferredVariant(engine));
  // A processor runs one workgroup a core at a time; a GPU hundreds.
  return { ...coreKernelChoice, convolution, ...(engine.isSoftware ? { workgroups: 8 } : {}) };
}

/** Of the variants that work here: a processor gains nothing from workgroup memory, a GPU much. */
export function preferredVariant(device: DeviceAndInfo): ConvolutionVariant {
  const isSoftware = isSoftwareAdapter(describeAdapter(device.adapterInfo));
  const wanted = isSoftware ? ['subgroup', 'direct'] : ['tiled'];
  const variants = convolutionVariants(device);
  const found = wanted.flatMap((rows) => variants.filter((variant) => variant.rows === rows));
  return found[0] ?? coreVariant;
}

/** Whether a choice made elsewhere, as by a run from another browser, has only variants of this device. */
export function isChoiceSupported(engine: EngineDevice, { convolution }: KernelChoice): boolean {
  const known = new Set(convolutionVariants(engine).map(({ rows }) => rows));
  return convolutionPasses.every((pass) => known.has(convolution[pass].rows));
}

function sameForAll(variant: ConvolutionVariant): KernelChoice['convolution'] {
  return { forward: variant, inputGradient: variant, filterGradient: variant };
}
