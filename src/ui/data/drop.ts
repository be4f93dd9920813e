/**
 * Files out of a drop or a paste. Dropped folders are read through entries (`webkitGetAsEntry`, which all
 * engines have); where that is missing only plain files come.
 */
import type { PathedFile } from '../../protocol.ts';

/**
 * All files of a drop, folders gone through, with their paths. Must be called within the drop event.
 * Rejects with a message to show when one of them cannot be read.
 */
export async function readDrop(transfer: DataTransfer): Promise<PathedFile[]> {
  const items = [...transfer.items].filter((item) => item.kind === 'file');
  // Items are only alive during the event: take every entry before the first await.
  const taken = items.map((item) => ({
    entry: 'webkitGetAsEntry' in item ? item.webkitGetAsEntry() : null,
    file: item.getAsFile(),
  }));
  const files: PathedFile[] = [];
  for (const { entry, file } of taken) {
    if (entry !== null) await walk(entry, files);
    else if (file !== null) files.push({ path: file.name, file });
  }
  return files;
}

async function walk(entry: FileSystemEntry, files: PathedFile[]): Promise<void> {
  const path = entry.fullPath.replace(/^\//, '');
  if (isFileEntry(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject)).catch(
      unreadable(path),
    );
    files.push({ path, file });
    return;
  }
  if (!isDirectoryEntry(entry)) return;
  const reader = entry.createReader();
  // A reader gives at most a hundred entries at a time, and none at the end.
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    ).catch(unreadable(path));
    if (batch.length === 0) return;
    for (const child of batch) await walk(child, files);
  }
}

function unreadable(path: string) {
  return (cause: unknown): never => {
    throw new Error(
      `“${path}” could not be read from the drop: it may have been moved or be protected. Choose it with the button instead.`,
      { cause },
    );
  };
}

function isFileEntry(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isDirectoryEntry(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

/** Files of a picker, with the path inside the picked folder where there is one. */
export function pathedFiles(files: readonly File[]): PathedFile[] {
  return files.map((file) => ({
    path: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath,
    file,
  }));
}

/** Pictures in a paste. */
export function pastedImages(transfer: DataTransfer | null): File[] {
  return [...(transfer?.files ?? [])].filter((file) => file.type.startsWith('image/'));
}

/** A name for a data set made of these files: the folder's or the single file's. */
export function suggestedName(files: readonly PathedFile[]): string {
  const first = files[0];
  if (first === undefined) return '';
  const parts = first.path.split('/');
  const top = parts[0] ?? '';
  if (parts.length > 1) {
    const shared = files.every(({ path }) => path.startsWith(`${top}/`));
    return shared ? top : 'My pictures';
  }
  return files.length === 1 ? top.replace(/\.(zip|gz|tar)$/i, '') : 'My pictures';
}
