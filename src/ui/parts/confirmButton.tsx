/** A button for what cannot be undone: the first press asks in its place, the second does it. */
import { useEffect, useRef, useState } from 'preact/hooks';

interface ConfirmButtonProps {
  label: string;
  /** Names the thing for screen readers where `label` alone does not. */
  accessibleLabel?: string;
  /** What happens, in a few words: "Delete its weights and curves?" */
  question: string;
  confirmLabel: string;
  onConfirm: () => void;
  disabled?: boolean;
}

export function ConfirmButton(props: ConfirmButtonProps) {
  const [asking, setAsking] = useState(false);
  const keepButton = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (asking) keepButton.current?.focus();
  }, [asking]);
  if (!asking) {
    return (
      <button
        type="button"
        class="button quiet"
        aria-label={props.accessibleLabel}
        disabled={props.disabled}
        onClick={() => setAsking(true)}
      >
        {props.label}
      </button>
    );
  }
  return (
    <span class="confirm" role="group" aria-label={props.question}>
      <span class="confirm-question">{props.question}</span>
      <button
        type="button"
        class="button danger"
        onClick={() => {
          setAsking(false);
          props.onConfirm();
        }}
      >
        {props.confirmLabel}
      </button>
      <button type="button" class="button quiet" ref={keepButton} onClick={() => setAsking(false)}>
        Keep
      </button>
    </span>
  );
}
