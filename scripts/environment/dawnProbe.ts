/**
 * Prints, as JSON, the adapter that Dawn in Node gets and its speed, or null. A process of its own: the Vulkan
 * loader reads its variables once, and a broken driver may take the process with it.
 */
import { writeSync } from 'node:fs';
import { create } from 'webgpu';
import type { ProbedAdapter } from './probe.ts';
import { measureSpeed } from './speed.ts';

const gpu = create([]);
const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
let probed: ProbedAdapter | null = null;
if (adapter !== null) {
  // An adapter that cannot make a device is of no use.
  const device = await adapter.requestDevice();
  const speedMs = Math.min(await measureSpeed(device), await measureSpeed(device));
  device.destroy();
  const { vendor, architecture, device: name, description, isFallbackAdapter } = adapter.info;
  probed = { vendor, architecture, device: name, description, isFallback: isFallbackAdapter, speedMs };
}
writeSync(1, `${JSON.stringify(probed)}\n`);
process.exit(0);
