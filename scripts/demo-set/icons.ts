/**
 * The drawings: Iconify's packages of emoji sets, matched to Unicode code points.
 *
 * Newer packages carry chars.json (code points → icon name). The two older sets have names only; those are
 * the same CLDR names of some Unicode version, so they are looked up among the names, and the aliases for
 * names that changed since, of all packages. A name that stays unknown is never guessed.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Reads a JSON file of an installed npm package, for example `@iconify-json/noto/icons.json`. */
export function readPackageJson(path: string): unknown {
  return JSON.parse(readFileSync(require.resolve(path), 'utf8'));
}

interface IconSet {
  icons: Record<string, { body: string; width?: number; height?: number; left?: number; top?: number }>;
  aliases?: Record<string, { parent: string }>;
  /** Side of the view box where an icon has none of its own. */
  width: number;
  height: number;
}

/** One drawing of one design team. */
export interface Drawing {
  set: string;
  /** Icon name in the set. */
  name: string;
  /** Code points in lower-case hex, joined by `-`, without variation selectors. */
  codePoints: string;
  svg: string;
}

/** `1F600-FE0F` → `1f600`: the form in which all sources are compared. */
export function normaliseCodePoints(text: string): string {
  return text
    .toLowerCase()
    .split('-')
    .filter((part) => part !== 'fe0f')
    .join('-');
}

/**
 * The named sets' drawings of the wanted emoji (normalised code points), in the order of set and code points.
 * Throws where a set has two drawings of one of them.
 */
export function readDrawings(setNames: readonly string[], wanted: ReadonlySet<string>): Drawing[] {
  const sets = setNames.map((name) => ({
    name,
    icons: readPackageJson(`@iconify-json/${name}/icons.json`) as IconSet,
    chars: readPackageJson(`@iconify-json/${name}/chars.json`) as Record<string, string>,
  }));
  const codePointsOfName = new Map<string, string>();
  for (const { chars } of sets) {
    for (const [codePoints, name] of Object.entries(chars)) {
      codePointsOfName.set(name, normaliseCodePoints(codePoints));
    }
  }
  for (const { icons } of sets) {
    for (const [alias, { parent }] of Object.entries(icons.aliases ?? {})) {
      const known = codePointsOfName.get(parent) ?? codePointsOfName.get(alias);
      if (known === undefined) continue;
      if (!codePointsOfName.has(alias)) codePointsOfName.set(alias, known);
      if (!codePointsOfName.has(parent)) codePointsOfName.set(parent, known);
    }
  }

  return sets.flatMap(({ name: set, icons, chars }) => {
    const names = Object.keys(chars).length > 0 ? Object.values(chars) : Object.keys(icons.icons);
    const found = new Map<string, Drawing>();
    for (const name of [...new Set(names)].sort()) {
      const icon = icons.icons[name];
      const codePoints = codePointsOfName.get(name);
      // An alias drawn by mirroring another icon would be a copy; a name without code points is no emoji.
      if (icon === undefined || codePoints === undefined || !wanted.has(codePoints)) continue;
      const viewBox = [icon.left ?? 0, icon.top ?? 0, icon.width ?? icons.width, icon.height ?? icons.height];
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="${viewBox.join(' ')}" width="${String(viewBox[2])}" height="${String(viewBox[3])}">${icon.body}</svg>`;
      const twin = found.get(codePoints);
      if (twin !== undefined) {
        throw new Error(
          `${set}: "${twin.name}" and "${name}" are both ${codePoints}; name which one to use.`,
        );
      }
      found.set(codePoints, { set, name, codePoints, svg });
    }
    return [...found.values()].sort((a, b) => (a.codePoints < b.codePoints ? -1 : 1));
  });
}
