/** Installing what tests need by apt, on Debian and Ubuntu as root. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, isDebian12, isRoot, osRelease } from '../machine.ts';
import { MissingRequirement } from '../missingRequirement.ts';

export type AptSystem = 'debian' | 'ubuntu';

/** Whether this process can install by apt, and on which of the two; null where it cannot. */
export function aptSystem(): AptSystem | null {
  if (process.platform !== 'linux' || !isRoot() || findProgram('apt-get') === null) return null;
  return systemOf(osRelease());
}

/** Debian or Ubuntu, from /etc/os-release; null for everything else, their relatives included. */
export function systemOf(release: Record<string, string>): AptSystem | null {
  return release.ID === 'debian' || release.ID === 'ubuntu' ? release.ID : null;
}

/** What a package is for, in the words that are printed. */
export interface Package {
  name: string;
  why: string;
  /** From Debian 12's backports: what bookworm itself has is too old. */
  backports?: boolean;
}

/**
 * The packages for what is missing.
 * @param missing `driver` without a usable Vulkan driver; `compiler` without a C compiler, which is needed only
 *   where tests run on lavapipe
 * @param system on Ubuntu `chromium` is a snap, which tests cannot drive: Playwright's is taken there
 */
export function packagesFor(
  missing: { chromium: boolean; driver: boolean; compiler: boolean },
  system: AptSystem,
  debian12: boolean,
): Package[] {
  return [
    ...(missing.chromium && system === 'debian' ? [{ name: 'chromium', why: 'the browser tests' }] : []),
    ...(missing.driver
      ? [
          { name: 'libvulkan1', why: 'WebGPU in Node' },
          { name: 'mesa-vulkan-drivers', why: 'WebGPU without a GPU (lavapipe)', backports: debian12 },
        ]
      : []),
    ...(missing.compiler
      ? ['gcc', 'libc6-dev'].map((name) => ({ name, why: 'a Chromium that runs WebGPU on lavapipe' }))
      : []),
  ];
}

/** Installs packages, with apt's words going through. Throws MissingRequirement where it fails. */
export function aptInstall(packages: readonly Package[]): void {
  if (packages.some(({ backports }) => backports === true) && isDebian12()) addBackports();
  apt(['update', '-qq']);
  const install = ['install', '-y', '-qq', '--no-install-recommends'];
  const usual = packages.filter(({ backports }) => backports !== true).map(({ name }) => name);
  const newer = packages.filter(({ backports }) => backports === true).map(({ name }) => name);
  if (usual.length > 0) apt([...install, ...usual]);
  if (newer.length > 0) apt([...install, '-t', 'bookworm-backports', ...newer]);
}

function apt(args: string[]): void {
  const { status } = spawnSync('apt-get', args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (status !== 0) {
    throw new MissingRequirement(`apt-get ${args.join(' ')} failed, see above. Mend that, then try again.`);
  }
}

const sourcesFolder = '/etc/apt/sources.list.d';

/** Adds Debian 12's backports, from the mirror that the machine already uses. */
function addBackports(): void {
  const sources = ['/etc/apt/sources.list', ...listFolder(sourcesFolder)]
    .filter(existsSync)
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  if (sources.includes('bookworm-backports')) return;
  const file = join(sourcesFolder, 'bookworm-backports.sources');
  writeFileSync(file, backportsSource(sources));
  console.log(`setup: added ${file}`);
}

function listFolder(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

/** The backports' entry in apt's format, from the text of the present sources. */
export function backportsSource(sources: string): string {
  const mirror = /(?:https?|file):\/\/\S+\/debian\/?(?=\s|$)/.exec(sources)?.[0];
  return [
    'Types: deb',
    `URIs: ${mirror ?? 'http://deb.debian.org/debian'}`,
    'Suites: bookworm-backports',
    'Components: main',
    'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
    '',
  ].join('\n');
}
