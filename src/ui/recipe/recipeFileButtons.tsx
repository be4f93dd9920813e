/** The recipe to and from a JSON file, and as a link. */
import { useState } from 'preact/hooks';
import { printRecipeLink } from '../../recipe/recipeLink.ts';
import { parseRecipe } from '../../recipe/validate.ts';
import { FilePicker } from '../parts/filePicker.tsx';
import { Message } from '../parts/message.tsx';
import { messageOf } from '../../format.ts';
import type { RecipeStore } from '../state/recipeStore.ts';
import { downloadBlob } from '../state/runsStore.ts';

export function RecipeFileButtons({ recipe }: { recipe: RecipeStore }) {
  const [problems, setProblems] = useState<string[]>([]);
  const [said, setSaid] = useState<string | null>(null);

  async function open(file: File): Promise<void> {
    let value: unknown;
    try {
      value = JSON.parse(await file.text());
    } catch (error) {
      setProblems([
        `${file.name} is not a recipe file: it does not hold JSON (${messageOf(error)}). Choose a file that “Save recipe” wrote.`,
      ]);
      return;
    }
    const result = parseRecipe(value);
    if (!result.ok) {
      setProblems(result.problems.map(({ message }) => message));
      return;
    }
    setProblems([]);
    recipe.take(result.recipe);
  }

  function save(): void {
    const text = `${JSON.stringify(recipe.recipe.value, null, 2)}\n`;
    downloadBlob(new Blob([text], { type: 'application/json' }), `recipe-${recipe.recipe.value.model}.json`);
  }

  async function copyLink(): Promise<void> {
    const [page = ''] = location.href.split('#');
    const link = `${page}#/train?${printRecipeLink(recipe.presetName.value, recipe.recipe.value)}`;
    try {
      await navigator.clipboard.writeText(link);
      setSaid('Link copied.');
    } catch {
      // Not secure, or not allowed: then by hand.
      setSaid(`Copy this link: ${link}`);
    }
  }

  return (
    <>
      <button type="button" class="button quiet" onClick={save}>
        Save recipe
      </button>
      <FilePicker
        accept=".json,application/json"
        class="button quiet"
        onFiles={([file]) => {
          if (file !== undefined) void open(file);
        }}
      >
        Open recipe
      </FilePicker>
      <button
        type="button"
        class="button quiet"
        title="A link that opens this page with this recipe"
        disabled={!recipe.isValid.value}
        onClick={() => void copyLink()}
      >
        Copy link
      </button>
      <span class="note said" role="status">
        {said}
      </span>
      {problems.length > 0 && (
        <Message kind="bad" onDismiss={() => setProblems([])}>
          <p>The file was not taken, because:</p>
          <ul>
            {problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </Message>
      )}
    </>
  );
}
