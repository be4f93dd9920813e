/** A button that opens the system's file picker. */
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';

interface FilePickerProps {
  children: ComponentChildren;
  /** As the file input's `accept`. */
  accept?: string;
  multiple?: boolean;
  /** A whole folder; only where `canPickFolders`. */
  folder?: boolean;
  /** Opens the camera at once where the system can (phones). */
  capture?: boolean;
  class?: string;
  /** Names the button for screen readers where its text alone does not. */
  accessibleLabel?: string;
  onFiles: (files: File[]) => void;
}

export const canPickFolders = 'webkitdirectory' in HTMLInputElement.prototype;

export function FilePicker(props: FilePickerProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        accept={props.accept}
        multiple={props.multiple === true || props.folder === true}
        capture={props.capture === true ? 'environment' : undefined}
        {...(props.folder === true ? { webkitdirectory: true } : {})}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          // So that the same file can be picked again.
          event.currentTarget.value = '';
          if (files.length > 0) props.onFiles(files);
        }}
      />
      <button
        type="button"
        class={props.class ?? 'button'}
        aria-label={props.accessibleLabel}
        onClick={() => input.current?.click()}
      >
        {props.children}
      </button>
    </>
  );
}
