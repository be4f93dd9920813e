/** IndexedDB failures in words: what the browser refused, and what the person can do. */

/** Storage was refused, is full or lost data; the message is shown as it is. */
export class StorageError extends Error {
  override name = 'StorageError';
}

/** What happened and what to do, for an error of IndexedDB. */
export function describeStorageError(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  const detail = error instanceof Error && error.message !== '' ? ` (${error.message})` : '';
  switch (name) {
    case 'QuotaExceededError':
      return (
        'Storage is full: the browser allows this page no more space. Delete data sets or runs here, ' +
        'free disk space, or import fewer images or a smaller longest edge.'
      );
    case 'VersionError':
      return 'The stored data was written by a newer Tabtrain. Reload the page to get that version.';
    case 'SecurityError':
    case 'InvalidStateError':
    case 'NotSupportedError':
      return (
        `The browser refuses to store data for this page${detail}. This happens in private windows and where ` +
        'cookies and site data are blocked. Open the page in a normal window, or allow site data for it.'
      );
    case 'DataError':
    case 'NotReadableError':
    case 'NotFoundError':
      return `Stored data cannot be read any more${detail}. Delete the data set and import it again.`;
    default:
      return (
        `The browser's storage failed${detail}. Reload the page; if it stays so, use a normal (not private) ` +
        'window and check that the disk is not full.'
      );
  }
}

/** Runs storage work and turns what it rejects with into a StorageError. */
export async function withStorageErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StorageError) throw error;
    throw new StorageError(describeStorageError(error), { cause: error });
  }
}
