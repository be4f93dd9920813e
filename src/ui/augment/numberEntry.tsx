/** A field for a whole number that takes effect with Enter or when it is left; drawing it again keeps what is typed. */
import { useState } from 'preact/hooks';

interface NumberEntryProps {
  /** Null: nothing is chosen yet. */
  value: number | null;
  min: number;
  max: number;
  label?: string;
  disabled?: boolean;
  /** Only called with whole numbers from min to max; anything else goes back to the value. */
  onEnter: (value: number) => void;
}

export function NumberEntry({ value, min, max, label, disabled, onEnter }: NumberEntryProps) {
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <input
      type="number"
      class="figures"
      aria-label={label}
      min={min}
      max={max}
      disabled={disabled}
      placeholder="–"
      value={typed ?? value ?? ''}
      onInput={(event) => setTyped(event.currentTarget.value)}
      onChange={(event) => {
        const entered = event.currentTarget.valueAsNumber;
        setTyped(null);
        if (Number.isInteger(entered) && entered >= min && entered <= max) onEnter(entered);
      }}
    />
  );
}
