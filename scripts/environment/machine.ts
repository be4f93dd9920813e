/** What a machine is, as far as finding and installing programs goes. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The fields of /etc/os-release, for example `{ ID: 'debian', VERSION_CODENAME: 'bookworm' }`; empty elsewhere. */
export function parseOsRelease(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split('\n').flatMap((line): [string, string][] => {
      const [, name, value] =
        /^([A-Z_0-9]+)=(?:"(.*)"|'(.*)'|(.*))$/.exec(line)?.filter((part) => part) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}

export function osRelease(): Record<string, string> {
  try {
    return parseOsRelease(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return {};
  }
}

export function isDebian12(): boolean {
  return osRelease().VERSION_CODENAME === 'bookworm';
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The first of these programs that is on PATH, as a path; null where none is. */
export function findProgram(...names: string[]): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable) ?? null;
}

/** Where what the set-up builds is kept, for all clones of the project. */
export function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME;
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'tabtrain');
}
