/** A camera with a shutter: press for one picture, hold for a burst. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { counted, messageOf } from '../../format.ts';
import { openCamera, takePicture } from './camera.ts';
import { Dialog } from './dialog.tsx';
import { Message } from './message.tsx';

interface CameraDialogProps {
  title: string;
  /** Go on taking pictures while the shutter is held. */
  burst: boolean;
  onPicture: (file: File) => void;
  onClose: () => void;
}

const burstIntervalMs = 250;

export function CameraDialog({ title, burst, onPicture, onClose }: CameraDialogProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [error, setError] = useState<string | null>(null);
  const [ready, setReady] = useState(false);
  const [count, setCount] = useState(0);
  const taken = useRef(0);
  const burstTimer = useRef<ReturnType<typeof setInterval> | undefined>(undefined);

  useEffect(() => {
    let stream: MediaStream | null = null;
    let closed = false;
    openCamera().then(
      (opened) => {
        stream = opened;
        if (closed || video.current === null) {
          stopStream(opened);
          return;
        }
        video.current.srcObject = opened;
      },
      (reason: unknown) => setError(messageOf(reason)),
    );
    return () => {
      closed = true;
      clearInterval(burstTimer.current);
      if (stream !== null) stopStream(stream);
    };
  }, []);

  async function shoot(): Promise<void> {
    if (video.current === null) return;
    try {
      taken.current += 1;
      onPicture(await takePicture(video.current, taken.current));
      setCount((before) => before + 1);
    } catch (reason) {
      setError(messageOf(reason));
    }
  }
  function press(): void {
    void shoot();
    if (burst) burstTimer.current = setInterval(() => void shoot(), burstIntervalMs);
  }
  const release = () => clearInterval(burstTimer.current);

  return (
    <Dialog title={title} class="camera-dialog" onClose={onClose}>
      {error !== null && <Message kind="bad">{error}</Message>}
      <video
        ref={video}
        autoPlay
        muted
        playsInline
        aria-label="What the camera sees"
        onLoadedData={() => setReady(true)}
      />
      <footer class="dialog-foot">
        <span class="muted figures" role="status">
          {counted(count, 'picture')} taken
        </span>
        <button
          type="button"
          class="button primary shutter"
          disabled={!ready}
          onPointerDown={press}
          onPointerUp={release}
          onPointerLeave={release}
          onPointerCancel={release}
          onKeyDown={(event) => {
            if ((event.key === ' ' || event.key === 'Enter') && !event.repeat) press();
          }}
          onKeyUp={release}
        >
          {burst ? 'Take (hold for many)' : 'Take picture'}
        </button>
        <button type="button" class="button" onClick={onClose}>
          Done
        </button>
      </footer>
    </Dialog>
  );
}

function stopStream(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
