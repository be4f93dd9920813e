/**
 * Prints the environment as shell lines, to run single tests by hand:
 *
 *   eval "$(npx tsx scripts/environment/print.ts)"
 */
import { findEnvironment } from './environment.ts';
import { MissingRequirement } from './missingRequirement.ts';

try {
  const { variables, lines } = await findEnvironment();
  for (const line of lines) console.error(line);
  for (const [name, value] of Object.entries(variables)) {
    console.log(`export ${name}='${value.replaceAll("'", String.raw`'\''`)}'`);
  }
} catch (error) {
  if (!(error instanceof MissingRequirement)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
