/**
 * Whether a CPU plays the GPU here, as `npm test` found it: then a step holds every core, and whatever else is
 * measured by the clock waits for one. Run by hand, without the environment, it is taken for a GPU.
 */
export const onSoftwareAdapter = process.env.TABTRAIN_ADAPTER === 'software';
