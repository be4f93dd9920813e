/** Splits a pasted shell command into words, as a POSIX shell would, without expanding anything. */

export type ShellWords = { ok: true; words: string[] } | { ok: false; message: string };

/** Quotes, backslashes and line continuations are undone; `$NAME` and `*` stay as they are. */
export function shellWords(text: string): ShellWords {
  // Copied lines often have a blank after the backslash, which a shell would take for an argument.
  const joined = text.replaceAll(/\\[ \t]*(\r?\n|$)/g, ' ');
  const words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  for (let at = 0; at < joined.length; at++) {
    const character = joined.charAt(at);
    if (quote !== null) {
      if (character === quote) quote = null;
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (character === '\\') {
      at++;
      word = (word ?? '') + joined.charAt(at);
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== null) return { ok: false, message: `The command line has a ${quote} that is not closed.` };
  if (word !== null) words.push(word);
  return { ok: true, words };
}
