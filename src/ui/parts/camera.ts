/** The machine's camera as a stream, and single frames of it as picture files. */

/** Browsers show a camera only to secure pages. */
export const hasCamera = 'mediaDevices' in navigator && 'getUserMedia' in navigator.mediaDevices;

const longestEdgePx = 1280;

/** Opens a camera, the rear one where there are two. Throws an error whose message says what to do. */
export async function openCamera(): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({
      video: { facingMode: 'environment', width: { ideal: longestEdgePx } },
      audio: false,
    });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : '';
    if (name === 'NotAllowedError') {
      throw new Error('The camera is not allowed. Allow it in the address bar, then try again.', {
        cause: error,
      });
    }
    if (name === 'NotFoundError') {
      throw new Error('No camera was found. Connect one, or pick picture files instead.', { cause: error });
    }
    throw new Error('The camera did not open: another program may be using it. Close that, then try again.', {
      cause: error,
    });
  }
}

/** What the video shows now, as a JPEG file. */
export async function takePicture(video: HTMLVideoElement, number: number): Promise<File> {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.92));
  if (blob === null)
    throw new Error('The camera gave no picture yet. Wait until you see it, then try again.');
  return new File([blob], `camera-${String(number).padStart(3, '0')}.jpg`, { type: 'image/jpeg' });
}
