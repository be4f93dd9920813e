/** A convolution by jax-js, jitted, in its own layout (NCHW) and on its own device of the same adapter. */
import { blockUntilReady, grad, jit, lax, numpy as np, type Array as JaxArray } from '@jax-js/jax';
import { outputSize, type ConvolutionShape } from '../../src/engine/kernels/convolution.ts';
import type { Contender } from './contender.ts';
import { torchPadding } from './jax.ts';

import type { Pass } from './conv.ts';

export function prepareJax(shape: ConvolutionShape, pass: Pass): Contender {
  const { batch, inHeight, inWidth, inChannels, outChannels, kernelPx, stridePx, paddingPx } = shape;
  const { height, width } = outputSize(shape);
  const noise = (sizes: number[]) => {
    const count = sizes.reduce((product, size) => product * size, 1);
    return np
      .array(Float32Array.from({ length: count }, (_, i) => ((i * 7919) % 1000) / 500 - 1))
      .reshape(sizes);
  };
  const x = noise([batch, inChannels, inHeight, inWidth]);
  const w = noise([outChannels, inChannels, kernelPx, kernelPx]);
  const dy = noise([batch, outChannels, height, width]);
  const padding = [inHeight, inWidth].map((side) => torchPadding(side, kernelPx, stridePx, paddingPx));
  const convolve = (a: JaxArray, b: JaxArray) => lax.conv(a, b, [stridePx, stridePx], padding);
  // Its gradient does not depend on its value: what is compiled is the gradient alone.
  const product = (a: JaxArray, b: JaxArray, c: JaxArray) => np.sum(convolve(a, b).mul(c));
  const functions = {
    forward: jit((a: JaxArray, b: JaxArray, c: JaxArray) => {
      c.dispose();
      return convolve(a, b);
    }),
    input: jit(grad(product, { argnums: 0 })),
    filter: jit(grad(product, { argnums: 1 })),
  };
  return {
    run: async (count) => {
      // All are kept until they are computed: what is disposed before its turn is never computed at all.
      const results = Array.from({ length: count }, () => functions[pass](x.ref, w.ref, dy.ref));
      await blockUntilReady(results);
      for (const result of results) result.dispose();
    },
    destroy: () => {
      for (const array of [x, w, dy]) array.dispose();
    },
  };
}
