/**
 * Prints, as JSON, the adapter that Dawn in Node gets, or null. A process of its own: the Vulkan loader reads
 * its variables once, and a broken driver may take the process with it.
 */
import { writeSync } from 'node:fs';
import { create } from 'webgpu';

const gpu = create([]);
const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
let report = null;
if (adapter !== null) {
  // An adapter that cannot make a device is of no use.
  const device = await adapter.requestDevice();
  device.destroy();
  const { vendor, architecture, device: name, description, isFallbackAdapter } = adapter.info;
  report = { vendor, architecture, device: name, description, isFallback: isFallbackAdapter };
}
writeSync(1, `${JSON.stringify(report)}\n`);
process.exit(0);
