/** Playwright's own Chromium: for whoever cannot use apt. Its folder has a Vulkan loader and a software driver too. */
import { spawnSync } from 'node:child_process';
import { MissingRequirement } from '../missingRequirement.ts';

/**
 * Downloads it to Playwright's folder (PLAYWRIGHT_BROWSERS_PATH, else a cache of the user's).
 * @param withLibraries also installs the libraries it needs, which takes root and apt
 * @throws MissingRequirement with what to do instead
 */
export function installPlaywrightChromium(withLibraries: boolean): void {
  const args = ['playwright', 'install', '--no-shell', ...(withLibraries ? ['--with-deps'] : []), 'chromium'];
  const { status } = spawnSync('npx', ['--no-install', ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status === 0) return;
  throw new MissingRequirement(
    [
      'Playwright could not install its Chromium, see above. One of these helps:',
      ...(process.platform === 'linux'
        ? [
            '  on Debian or Ubuntu, run `npm test -- --setup` once as root: it installs by apt',
            '  have Chromium installed by your distribution’s packages',
          ]
        : ['  install Google Chrome from https://www.google.com/chrome/']),
      '  set CHROMIUM_PATH to a Chromium, Chrome or Edge of version 121 or later',
      '  behind a proxy: set HTTPS_PROXY, or PLAYWRIGHT_DOWNLOAD_HOST to a mirror of Playwright’s',
    ].join('\n'),
  );
}
