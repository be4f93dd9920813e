/** dataset.json at the root of a tree: what a prepared data set says of itself. */
import * as v from 'valibot';
import { manifestName, type FolderArrangement } from './folderTree.ts';
import { FileProblem, ImportError } from './importError.ts';
import { readSourceFile, type SourceFile } from './sourceFile.ts';

const manifestSchema = v.object({
  name: v.optional(v.string()),
  validationNote: v.optional(v.string()),
});
export type Manifest = v.InferOutput<typeof manifestSchema>;

/** The tree's manifest; empty where there is none. Throws ImportError where it is no valid one. */
export async function readManifest(
  sources: readonly SourceFile[],
  arrangement: FolderArrangement,
): Promise<Manifest> {
  const source = arrangement.manifest === null ? undefined : sources[arrangement.manifest];
  if (source === undefined) return {};
  try {
    return v.parse(manifestSchema, JSON.parse(new TextDecoder().decode(await readSourceFile(source))));
  } catch (error) {
    if (error instanceof FileProblem) throw new ImportError(`${source.path} ${error.message}`);
    const reason = error instanceof Error ? error.message : String(error);
    throw new ImportError(
      `${source.path} is not a valid ${manifestName} (${reason}). Correct it, or leave it out.`,
    );
  }
}
