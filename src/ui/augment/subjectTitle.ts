/** What images are called, in captions and in code. */
import { partnerPhoto, type InspectStore } from './inspectStore.ts';
import type { PhotoName } from './address.ts';

export const photoTitles: Record<PhotoName, string> = {
  'airplane-from-above': 'Airplane',
  'allium-oreophilum': 'Lily leek',
  'nagasaki-boats': 'Boats',
};

export function subjectTitle(store: InspectStore): string {
  const { subject } = store.address.value;
  switch (subject.kind) {
    case 'photo':
      return photoTitles[subject.name];
    case 'sample':
      return store.opened.value?.picture.sample?.className ?? `Image ${subject.index}`;
    case 'file':
      return store.file.value?.name ?? 'Your own image';
  }
}

export function partnerTitle(store: InspectStore): string {
  const { subject } = store.address.value;
  return store.opened.value?.partner.sample?.className ?? photoTitles[partnerPhoto(subject)];
}

/** Files as the code opens them. */
export function fileNames(store: InspectStore): { own: string; partner: string } {
  const { subject } = store.address.value;
  const opened = store.opened.value;
  const own = subject.kind === 'photo' ? `${subject.name}.jpg` : (store.file.value?.name ?? 'image.jpg');
  return {
    own: opened?.picture.sample?.fileName ?? own,
    partner: opened?.partner.sample?.fileName ?? `${partnerPhoto(subject)}.jpg`,
  };
}
