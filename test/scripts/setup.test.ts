/** What `npm test -- --setup` decides to install; that it does was tried in bare roots (docs/ARCHITECTURE.md). */
import { describe, expect, it } from 'vitest';
import { parseOsRelease } from '../../scripts/environment/machine.ts';
import { backportsSource, packagesFor, systemOf } from '../../scripts/environment/setup/apt.ts';
import { slownessOf } from '../../scripts/environment/speed.ts';

const everything = { chromium: true, driver: true, compiler: true };
const nothing = { chromium: false, driver: false, compiler: false };
const names = (packages: ReturnType<typeof packagesFor>) => packages.map(({ name }) => name);

describe('the system', () => {
  it('is read from os-release, quoted or not', () => {
    const release = parseOsRelease(
      'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n# x\n\n',
    );
    expect(release).toEqual({
      PRETTY_NAME: 'Debian GNU/Linux 12 (bookworm)',
      ID: 'debian',
      VERSION_ID: '12',
    });
    expect(systemOf(release)).toBe('debian');
  });

  it('is one that apt packages are known of, or none', () => {
    expect(systemOf({ ID: 'ubuntu' })).toBe('ubuntu');
    expect(systemOf({ ID: 'linuxmint', ID_LIKE: 'ubuntu debian' })).toBe(null);
    expect(systemOf({})).toBe(null);
  });
});

describe('packages', () => {
  it('are those that are missing, each with what it is for', () => {
    expect(names(packagesFor(nothing, 'debian', true))).toEqual([]);
    expect(names(packagesFor({ ...nothing, compiler: true }, 'debian', true))).toEqual(['gcc', 'libc6-dev']);
    const all = packagesFor(everything, 'debian', true);
    expect(names(all)).toEqual(['chromium', 'libvulkan1', 'mesa-vulkan-drivers', 'gcc', 'libc6-dev']);
    for (const { why } of all) expect(why).not.toBe('');
  });

  it('come from backports only on Debian 12, whose own lavapipe is too old', () => {
    const backported = (debian12: boolean) =>
      packagesFor(everything, 'debian', debian12)
        .filter(({ backports }) => backports === true)
        .map(({ name }) => name);
    expect(backported(true)).toEqual(['mesa-vulkan-drivers']);
    expect(backported(false)).toEqual([]);
  });

  it('leave Ubuntu’s Chromium out: it is a snap', () => {
    expect(names(packagesFor(everything, 'ubuntu', false))).not.toContain('chromium');
  });
});

describe('backports', () => {
  it('come from the mirror that the machine uses', () => {
    const lines = (sources: string) => backportsSource(sources).split('\n');
    expect(lines('deb http://mirror.example/debian bookworm main')).toContain(
      'URIs: http://mirror.example/debian',
    );
    expect(lines('Types: deb\nURIs: https://a.example/pub/debian/\nSuites: bookworm')).toContain(
      'URIs: https://a.example/pub/debian/',
    );
    // Security updates are another archive.
    expect(lines('deb http://a.example/debian-security bookworm-security main')).toContain(
      'URIs: http://deb.debian.org/debian',
    );
  });
});

describe('slowness', () => {
  it('stretches time limits on slower adapters and never shortens them', () => {
    expect(slownessOf(0.4)).toBe(1);
    expect(slownessOf(100)).toBe(1);
    expect(slownessOf(3_000)).toBe(30);
  });
});
