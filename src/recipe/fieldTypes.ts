/** How a recipe field is described (the descriptions are in fields.ts), and its allowed values in words. */

export type FieldGroup =
  'run' | 'optimizer' | 'schedule' | 'regularisation' | 'augmentation' | 'ema' | 'sizes';

interface FieldBase {
  label: string;
  /** The argument of train.py (or torchrun) with its dashes; null where only Tabtrain has the field. */
  flag: string | null;
  group: FieldGroup;
  /** One sentence, with the unit. */
  help: string;
}

export interface NumberField extends FieldBase {
  kind: 'integer' | 'number';
  /** Smallest and largest allowed value, themselves allowed unless excluded. */
  min: number;
  max: number;
  excludesMin?: true;
  excludesMax?: true;
  /** Step of a form control. */
  step: number;
  /** What null means; absent where null is not allowed. */
  whenNull?: string;
}

export interface BooleanField extends FieldBase {
  kind: 'boolean';
}

export interface ChoiceField extends FieldBase {
  kind: 'choice';
  options: readonly string[];
  whenNull?: string;
}

export type RecipeField = NumberField | BooleanField | ChoiceField;

/** Whether a field may be null, and the words for what it then means. */
export function meaningOfNull(field: RecipeField): string | null {
  return field.kind === 'boolean' ? null : (field.whenNull ?? null);
}

/** What a field may be, in words that follow "must be". */
export function allowedValues(field: RecipeField): string {
  const orNull = meaningOfNull(field) === null ? '' : `, or null (${meaningOfNull(field) ?? ''})`;
  switch (field.kind) {
    case 'boolean':
      return 'true or false';
    case 'choice': {
      const [only, ...others] = field.options;
      return (others.length === 0 ? `"${only ?? ''}"` : `one of ${field.options.join(', ')}`) + orNull;
    }
    case 'integer':
    case 'number': {
      const noun = field.kind === 'integer' ? 'a whole number' : 'a number';
      const from = field.excludesMin ? `greater than ${field.min}` : `from ${field.min}`;
      const to = field.excludesMax
        ? `less than ${field.max}`
        : `${field.excludesMin ? 'at most' : 'to'} ${field.max}`;
      const joint = field.excludesMin || field.excludesMax ? ' and ' : ' ';
      return `${noun} ${from}${joint}${to}${orNull}`;
    }
  }
}
