/** The recipe as a `torchrun … train.py …` command line: to copy, or to paste one from elsewhere. */
import { useState } from 'preact/hooks';
import { parseCommandLine, printCommandLine } from '../../recipe/commandLine.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Message } from '../parts/message.tsx';
import { messageOf } from '../../format.ts';
import type { RecipeStore } from '../state/recipeStore.ts';

interface CommandLineDialogProps {
  recipe: RecipeStore;
  onClose: () => void;
}

export function CommandLineDialog({ recipe, onClose }: CommandLineDialogProps) {
  const [printed] = useState(() => printCommandLine(recipe.recipe.value));
  const [text, setText] = useState(printed.command);
  const [problems, setProblems] = useState<string[]>([]);
  const [notes, setNotes] = useState<string[]>(printed.notes);
  const [said, setSaid] = useState('');

  function use(): void {
    const result = parseCommandLine(text);
    if (!result.ok) {
      setProblems(result.problems.map(({ message }) => message));
      setSaid('');
      return;
    }
    recipe.take(result.recipe);
    setProblems([]);
    if (result.notes.length === 0) {
      onClose();
      return;
    }
    setNotes(result.notes);
    setSaid('Taken into the recipe.');
  }

  async function copy(): Promise<void> {
    if (!('clipboard' in navigator)) {
      setProblems([
        'This address is not secure, so the page may not copy: select the text and copy it by hand.',
      ]);
      return;
    }
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied.');
    } catch (error) {
      setProblems([`It could not be copied (${messageOf(error)}): select the text and copy it by hand.`]);
    }
  }

  return (
    <Dialog title="Command line" onClose={onClose}>
      <label class="field">
        <span class="field-label">torchvision’s references/classification/train.py</span>
        <textarea
          class="command-line"
          rows={9}
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <span class="field-help">
          Paste a command line here to take its recipe. Flags that are not given take train.py’s own defaults.
        </span>
      </label>
      {problems.length > 0 && (
        <Message kind="bad">
          <p>This did not work:</p>
          <ul>
            {problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </Message>
      )}
      {notes.length > 0 && (
        <Message kind="note">
          <ul>
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </Message>
      )}
      <footer class="dialog-foot">
        <span class="muted" role="status">
          {said}
        </span>
        <button type="button" class="button" onClick={() => void copy()}>
          Copy
        </button>
        <button type="button" class="button primary" onClick={use}>
          Use this command line
        </button>
      </footer>
    </Dialog>
  );
}
