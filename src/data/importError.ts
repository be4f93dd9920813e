/** What an import says when something is wrong; the messages are shown to the person as they are. */

/** There is nothing to train on: the whole import fails, and the message says what to change. */
export class ImportError extends Error {
  override name = 'ImportError';
}

/** One file cannot be used: it becomes a line of ImportResult.problems and the import goes on. */
export class FileProblem extends Error {
  override name = 'FileProblem';
}
