/** A message beside what caused it. Bad ones are announced at once. */
import type { ComponentChildren } from 'preact';

interface MessageProps {
  kind: 'bad' | 'warn' | 'note';
  id?: string;
  onDismiss?: () => void;
  children: ComponentChildren;
}

const marks = { bad: '!', warn: '!', note: 'i' } as const;

export function Message({ kind, id, onDismiss, children }: MessageProps) {
  return (
    <div class={`message ${kind}`} role={kind === 'bad' ? 'alert' : undefined} id={id}>
      <span class="message-mark" aria-hidden="true">
        {marks[kind]}
      </span>
      <div class="message-text">{children}</div>
      {onDismiss !== undefined && (
        <button type="button" class="icon-button" aria-label="Dismiss this message" onClick={onDismiss}>
          ×
        </button>
      )}
    </div>
  );
}
