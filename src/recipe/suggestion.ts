/** "Did you mean": the known name nearest to one that is not known. */

/** Number of insertions, deletions and replacements that turn one text into the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const deleted = (previous[column] ?? 0) + 1;
      const inserted = (current[column - 1] ?? 0) + 1;
      current.push(Math.min(replaced, deleted, inserted));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** Upper case, dashes and underscores are what people get wrong first: they do not count. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}

/** A sentence with the nearest known name, led by a space; empty where none is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const wanted = plain(name);
  let nearest = '';
  let smallest = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, plain(candidate));
    if (distance < smallest) {
      nearest = candidate;
      smallest = distance;
    }
  }
  return nearest === '' ? '' : ` Did you mean ${nearest}?`;
}
