/** Where on this machine a Chromium is: the browser tests drive it. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chromium } from '@playwright/test';
import { findProgram, isExecutable } from './machine.ts';
import { MissingRequirement } from './missingRequirement.ts';

const namesOnPath = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'chrome.exe',
];

/** Fixed places: where the installers of macOS and Windows put it. */
function fixedPlaces(): string[] {
  if (process.platform === 'linux') return [];
  if (process.platform === 'darwin') {
    return ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
      (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
    );
  }
  return [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA].flatMap(
    (folder) =>
      folder === undefined
        ? []
        : [
            join(folder, 'Google/Chrome/Application/chrome.exe'),
            join(folder, 'Microsoft/Edge/Application/msedge.exe'),
          ],
  );
}

/**
 * Path of a Chromium, Chrome or Edge: CHROMIUM_PATH, the fixed places, PATH, then Playwright's own download.
 * Null where there is none. Throws MissingRequirement where CHROMIUM_PATH is set and no program is there.
 */
export function findChromium(): string | null {
  const chosen = process.env.CHROMIUM_PATH;
  if (chosen !== undefined && chosen !== '') {
    if (isExecutable(chosen)) return chosen;
    throw new MissingRequirement(
      `CHROMIUM_PATH is ${chosen}, where there is no program. Correct it, or unset it.`,
    );
  }
  const fixed = fixedPlaces().find(isExecutable);
  if (fixed !== undefined) return fixed;
  const onPath = findProgram(...namesOnPath);
  if (onPath !== null) return onPath;
  const downloaded = chromium.executablePath();
  return isExecutable(downloaded) ? downloaded : null;
}

/**
 * The folder that a Chromium brings its libraries in, SwiftShader and a Vulkan loader among them. Debian's
 * /usr/bin/chromium is a script that starts /usr/lib/chromium/chromium. Null where there is no such folder.
 */
export function chromiumFolder(path: string): string | null {
  const folders = [dirname(realpathSync(path)), '/usr/lib/chromium'];
  return folders.find((folder) => existsSync(join(folder, 'vk_swiftshader_icd.json'))) ?? null;
}
