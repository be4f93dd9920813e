/**
 * `npm test -- --setup`: installs what the tests need and this machine lacks, and says so. By apt on Debian and
 * Ubuntu as root; else Playwright's own Chromium. Where everything is there it changes nothing.
 */
import { isSoftware } from '../adapter.ts';
import { findChromium } from '../chromium.ts';
import { makeLavapipeChromium } from '../lavapipeChromium.ts';
import { findProgram, isDebian12 } from '../machine.ts';
import { probeDawn } from '../probe.ts';
import { lavapipeVariables } from '../vulkan.ts';
import { aptInstall, aptSystem, packagesFor } from './apt.ts';
import { installPlaywrightChromium } from './playwright.ts';

/** @throws MissingRequirement where something could not be installed, with what a person can do */
export function setUp(): void {
  const say = (line: string) => console.log(`setup: ${line}`);
  let didSomething = false;
  const hasGpu = isGpu(probeDawn({}).adapter);
  const system = aptSystem();

  if (system !== null) {
    const lavapipe = hasGpu ? null : lavapipeVariables();
    const packages = packagesFor(
      {
        chromium: findChromium() === null,
        driver: !hasGpu && (lavapipe === null || probeDawn(lavapipe).adapter === null),
        compiler: !hasGpu && findProgram('cc', 'gcc', 'clang') === null,
      },
      system,
      isDebian12(),
    );
    if (packages.length > 0) {
      for (const { name, why } of packages) say(`installing ${name} by apt, for ${why}`);
      aptInstall(packages);
      didSomething = true;
    }
  }
  if (findChromium() === null) {
    say('installing Playwright’s Chromium, for the browser tests');
    installPlaywrightChromium(system !== null);
    didSomething = true;
  }
  const chromium = findChromium();
  if (
    !hasGpu &&
    chromium !== null &&
    process.env.CHROMIUM_PATH === undefined &&
    lavapipeVariables() !== null
  ) {
    const made = makeLavapipeChromium(chromium);
    if (made !== null) {
      say(made);
      didSomething = true;
    }
  }
  if (!didSomething) say('nothing is missing');
}

function isGpu(adapter: ReturnType<typeof probeDawn>['adapter']): boolean {
  return adapter !== null && !isSoftware(adapter);
}
