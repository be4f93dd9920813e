/** The software drivers that Dawn in Node can run on, as variables for the Vulkan loader. */
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromiumFolder } from './chromium.ts';

/** The driver that this shell's variables allow, if they do. */
export function chosenDriver(): string | undefined {
  return process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
}

function driverVariables(path: string): Record<string, string> {
  return { VK_DRIVER_FILES: path, VK_ICD_FILENAMES: path };
}

/** Mesa's lavapipe, where it is installed and nothing else is asked for. */
export function lavapipeVariables(): Record<string, string> | null {
  const chosen = chosenDriver();
  if (chosen !== undefined) return driverVariables(chosen);
  const folder = '/usr/share/vulkan/icd.d';
  if (!existsSync(folder)) return null;
  const driver = readdirSync(folder)
    .sort()
    .find((name) => /^lvp_icd.*\.json$/.test(name));
  return driver === undefined ? null : driverVariables(join(folder, driver));
}

/** The SwiftShader that comes with a Chromium, and its Vulkan loader for machines that have none. */
export function swiftShaderVariables(chromium: string): Record<string, string> | null {
  const folder = chosenDriver() === undefined ? chromiumFolder(chromium) : null;
  if (folder === null) return null;
  const searched = process.env.LD_LIBRARY_PATH;
  return {
    ...driverVariables(join(folder, 'vk_swiftshader_icd.json')),
    LD_LIBRARY_PATH: [...(searched === undefined ? [] : [searched]), folder].join(delimiter),
  };
}
