/**
 * What the tests need of this machine: a WebGPU adapter for Dawn in Node and one for Chromium. A real GPU is
 * taken where there is one, else a software adapter; which one is printed, and where there is none the message
 * names what to install.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describeAdapter, isSoftware, type AdapterReport } from './adapter.ts';
import { findChromium } from './chromium.ts';
import { MissingRequirement } from './missingRequirement.ts';
import { probeChromium, probeDawn } from './probe.ts';

export interface TestEnvironment {
  /** To be set for the processes that run tests. */
  variables: Record<string, string>;
  /** What was found, a line each. */
  lines: string[];
}

/** Finds Chromium and adapters. Throws MissingRequirement, with all that is missing, where tests could not run. */
export async function findEnvironment(): Promise<TestEnvironment> {
  const missing: string[] = [];
  const dawn = dawnEnvironment();
  if (dawn.adapter === null) {
    missing.push(missingDawnAdapter(dawn.error));
  }
  const path = findChromium();
  if (path === null) {
    missing.push(`The browser tests need Chromium, and there is none.\n${installChromium()}`);
  } else if (dawn.adapter !== null) {
    const { found, errors } = await probeChromium(path, dawn.variables);
    if (found !== null) {
      return {
        variables: {
          ...dawn.variables,
          CHROMIUM_PATH: path,
          TABTRAIN_CHROMIUM_ARGS: JSON.stringify(found.args),
        },
        lines: [
          `Node ${process.versions.node}`,
          `WebGPU in Node (Dawn): ${describeAdapter(dawn.adapter)}`,
          `WebGPU in Chromium ${found.version} (${path}): ${describeAdapter(found.adapter)}`,
        ],
      };
    }
    missing.push(
      `WebGPU finds no adapter in ${path}. Tried:\n${errors.map((error) => `  ${error}`).join('\n')}\n` +
        `It needs version 121 or later.\n${installChromium()}`,
    );
  }
  throw new MissingRequirement(missing.join('\n\n'));
}

/** Finds an adapter for Dawn in Node alone. Throws MissingRequirement where there is none. */
export function findDawnEnvironment(): TestEnvironment {
  const { adapter, error, variables } = dawnEnvironment();
  if (adapter === null) throw new MissingRequirement(missingDawnAdapter(error));
  return {
    variables,
    lines: [`Node ${process.versions.node}`, `WebGPU in Node (Dawn): ${describeAdapter(adapter)}`],
  };
}

function missingDawnAdapter(error: string): string {
  return `WebGPU in Node (Dawn) finds no adapter: ${error}.\n${installVulkan()}`;
}

interface DawnEnvironment {
  adapter: AdapterReport | null;
  /** Why there is no adapter. */
  error: string;
  variables: Record<string, string>;
}

function dawnEnvironment(): DawnEnvironment {
  const asIs = probeDawn({});
  // Lavapipe is named in any case: then Chromium, too, runs on that driver.
  const variables = lavapipeVariables();
  if (asIs.adapter !== null) return { ...asIs, variables: isSoftware(asIs.adapter) ? variables : {} };
  return { ...probeDawn(variables), variables };
}

/** Points the Vulkan loader at Mesa's software driver, where it is installed and nothing else is asked for. */
function lavapipeVariables(): Record<string, string> {
  const chosen = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  if (chosen !== undefined) return { VK_DRIVER_FILES: chosen, VK_ICD_FILENAMES: chosen };
  const folder = '/usr/share/vulkan/icd.d';
  if (!existsSync(folder)) return {};
  const driver = readdirSync(folder)
    .sort()
    .find((name) => /^lvp_icd.*\.json$/.test(name));
  if (driver === undefined) return {};
  const path = join(folder, driver);
  return { VK_DRIVER_FILES: path, VK_ICD_FILENAMES: path };
}

function isDebian12(): boolean {
  try {
    return /^VERSION_CODENAME=bookworm$/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

function installChromium(): string {
  if (process.platform !== 'linux') {
    return 'Install Google Chrome from https://www.google.com/chrome/, or set CHROMIUM_PATH to a Chromium.';
  }
  return [
    'Install it (Debian):',
    '  apt-get install chromium',
    'On Ubuntu install Google Chrome from https://www.google.com/chrome/ (its chromium package is a snap).',
    'Or set CHROMIUM_PATH to a Chromium, Chrome or Edge of version 121 or later.',
  ].join('\n');
}

function installVulkan(): string {
  const chosen = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  if (chosen !== undefined) {
    return `VK_DRIVER_FILES (or VK_ICD_FILENAMES) allows only ${chosen}: correct it, or unset it.`;
  }
  if (process.platform !== 'linux') {
    return 'Update the graphics driver and the system: WebGPU needs Metal or Direct3D 12.';
  }
  if (isDebian12()) {
    return [
      "Install a Vulkan driver. On Debian 12 without a GPU that is Mesa's lavapipe from backports (22.3, in",
      'bookworm itself, is too old):',
      "  echo 'deb http://deb.debian.org/debian bookworm-backports main' > /etc/apt/sources.list.d/bookworm-backports.list",
      '  apt-get update',
      '  apt-get install libvulkan1',
      '  apt-get install -t bookworm-backports mesa-vulkan-drivers',
    ].join('\n');
  }
  return [
    "Install a Vulkan driver: that of your GPU, or Mesa's software one (Debian, Ubuntu):",
    '  apt-get install libvulkan1 mesa-vulkan-drivers',
  ].join('\n');
}
