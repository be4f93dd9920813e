/** Where on this machine a Chromium is: the browser tests drive it. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from '@playwright/test';
import { MissingRequirement } from './missingRequirement.ts';

const namesOnPath = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'chrome.exe',
];

/** Fixed places: a Chromium built for software Vulkan, then where the installers of macOS and Windows put it. */
function fixedPlaces(): string[] {
  if (process.platform === 'linux') return ['/opt/fast-chromium/chromium'];
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

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
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
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = [
    ...fixedPlaces(),
    ...namesOnPath.flatMap((name) => folders.map((folder) => join(folder, name))),
    chromium.executablePath(),
  ];
  return candidates.find(isExecutable) ?? null;
}
