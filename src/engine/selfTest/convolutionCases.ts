/** The convolution kernels of one variant, with every epilogue that a training step uses. */
import {
  filterElements,
  linearShape,
  outputSize,
  type ConvolutionShape,
  type ConvolutionVariant,
} from '../kernels/convolution.ts';
import { convolutionFilterGradient } from '../kernels/convolutionFilterGradient.ts';
import { convolutionForward, forwardTiles } from '../kernels/convolutionForward.ts';
import { convolutionInputGradient, inputGradientTiles } from '../kernels/convolutionInputGradient.ts';
import type { ConvolutionPass } from '../plan/builder.ts';
import { referenceFilterGradient, referenceForward, referenceInputGradient } from './convolutionReference.ts';
import { summed, type KernelCase } from './kernelCase.ts';
import { referencePartials } from './layerReference.ts';
import { hashUniform } from './noise.ts';

/**
 * Odd sizes on purpose: more than one tile of 64 rows and of 16 column vectors with a remainder of each, and more
 * than one block of 8 input vectors. The stem has a single vector of colours, and kernels of its own for it.
 */
const spatial: ConvolutionShape = {
  ...{ batch: 3, inHeight: 11, inWidth: 9, inChannels: 40, outChannels: 68 },
  ...{ kernelPx: 3, stridePx: 2, paddingPx: 1 },
};
const pointwise: ConvolutionShape = {
  ...{ batch: 3, inHeight: 5, inWidth: 5, inChannels: 40, outChannels: 68 },
  ...{ kernelPx: 1, stridePx: 1, paddingPx: 0 },
};
const stem: ConvolutionShape = {
  ...{ batch: 2, inHeight: 9, inWidth: 7, inChannels: 4, outChannels: 68 },
  ...{ kernelPx: 7, stridePx: 2, paddingPx: 3 },
};
const classifier = linearShape(5, 40, 16);

const shares = 3;

export function convolutionCases(pass: ConvolutionPass, variant: ConvolutionVariant): KernelCase[] {
  switch (pass) {
    case 'forward':
      return [
        ...[spatial, pointwise].flatMap((shape) => forwardCases(shape, variant)),
        classifierCase(variant),
      ];
    case 'inputGradient':
      return [spatial, pointwise].flatMap((shape) => inputGradientCases(shape, variant));
    case 'filterGradient':
      return [spatial, stem].flatMap((shape) => filterGradientCases(shape, variant));
  }
}

function valuesOf(shape: ConvolutionShape) {
  const { height, width } = outputSize(shape);
  return {
    x: hashUniform(shape.batch * shape.inHeight * shape.inWidth * shape.inChannels, 1),
    w: hashUniform(filterElements(shape), 2),
    dy: hashUniform(shape.batch * height * width * shape.outChannels, 3),
  };
}

function forwardCases(shape: ConvolutionShape, variant: ConvolutionVariant): KernelCase[] {
  const { x, w, dy } = valuesOf(shape);
  const y = referenceForward(shape, x, w);
  const partials = referencePartials(y, shape.outChannels, variant.tileRows);
  const left = new Float32Array(forwardTiles(shape, variant) * 2 * shape.outChannels);
  return [
    {
      call: convolutionForward(shape, variant, 'statistics'),
      buffers: [x, w, new Float32Array(dy.length), left],
      step: null,
      expected: [
        { buffer: 2, values: y },
        { buffer: 3, values: partials },
      ],
    },
    {
      call: convolutionForward(shape, variant),
      buffers: [x, w, new Float32Array(dy.length)],
      step: null,
      expected: [{ buffer: 2, values: y }],
    },
  ];
}

function classifierCase(variant: ConvolutionVariant): KernelCase {
  const { x, w, dy } = valuesOf(classifier);
  const bias = hashUniform(classifier.outChannels, 4);
  const logits = referenceForward(classifier, x, w);
  return {
    call: convolutionForward(classifier, variant, 'bias'),
    buffers: [x, w, new Float32Array(dy.length), bias],
    step: null,
    expected: [{ buffer: 2, values: logits.map((value, i) => value + (bias[i % bias.length] ?? NaN)) }],
  };
}

function inputGradientCases(shape: ConvolutionShape, variant: ConvolutionVariant): KernelCase[] {
  const { x, w, dy } = valuesOf(shape);
  const channels = shape.inChannels;
  const moments = hashUniform(4 * channels, 4);
  const moment = (kind: number, at: number) => moments[kind * channels + (at % channels)] ?? NaN;
  const dx = referenceInputGradient(shape, dy, w);
  // x stands for the raw output before batch norm and ReLU: any values do.
  const dz = dx.map((gradient, at) => ((x[at] ?? NaN) * moment(2, at) + moment(3, at) > 0 ? gradient : 0));
  const sums = new Float64Array(2 * channels);
  dz.forEach((gradient, at) => {
    const c = at % channels;
    const normalised = ((x[at] ?? NaN) - moment(0, at)) * moment(1, at);
    sums[c] = (sums[c] ?? 0) + gradient;
    sums[channels + c] = (sums[channels + c] ?? 0) + gradient * normalised;
  });
  // What an empty tile leaves must be zero whatever was there.
  const left = new Float32Array(inputGradientTiles(shape, variant) * 2 * channels).fill(7);
  return [
    {
      call: convolutionInputGradient(shape, variant, 'batchNorm'),
      buffers: [dy, w, new Float32Array(x.length), x, moments, left],
      step: null,
      expected: [
        { buffer: 2, values: dz },
        { buffer: 5, values: sums, of: summed(2 * channels) },
      ],
    },
    {
      call: convolutionInputGradient(shape, variant),
      buffers: [dy, w, new Float32Array(x.length)],
      step: null,
      expected: [{ buffer: 2, values: dx }],
    },
  ];
}

function filterGradientCases(shape: ConvolutionShape, variant: ConvolutionVariant): KernelCase[] {
  const { x, dy } = valuesOf(shape);
  const dw = referenceFilterGradient(shape, x, dy);
  const before = hashUniform(dw.length, 5);
  return [
    {
      call: convolutionFilterGradient(shape, variant, 1),
      buffers: [x, dy, before],
      step: [1],
      expected: [{ buffer: 2, values: dw.map((value, i) => value + (before[i] ?? NaN)) }],
    },
    {
      call: convolutionFilterGradient(shape, variant, shares),
      buffers: [x, dy, new Float32Array(shares * dw.length)],
      step: null,
      expected: [{ buffer: 2, values: dw, of: summed(dw.length) }],
    },
  ];
}
