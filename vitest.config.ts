import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { patience } from './test/support/patience.ts';
import { tfjsAliases } from './vite.cli.config.ts';

/** What has to be the first to import tfjs, or changes tfjs or globals for everybody: a process each. */
const ownProcess = [
  'test/tfjs/accelerate*.test.ts',
  'test/ui/ladderDriver.test.ts',
  'test/data/shardStore.test.ts',
];

/** The longest first, so that at the end no core waits for one of them. */
const longest = ['tfjs/parity', 'train/deviceKernels', 'train/trainerService', 'engine/parity'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const index = longest.findIndex((name) => moduleId.endsWith(`test/${name}.test.ts`));
      return index === -1 ? longest.length : index;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  resolve: { alias: tfjsAliases },
  test: {
    exclude: ['test/browser/**', '**/*.long.test.ts', 'node_modules/**'],
    server: { deps: { inline: [/@tensorflow\//] } },
    pool: 'forks',
    // Two cores.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: patience(60_000),
    hookTimeout: patience(60_000),
    projects: [
      {
        extends: true,
        // Files of a worker share its modules, its Dawn device and with it the compiled kernels.
        test: {
          name: 'shared',
          include: ['test/**/*.test.ts'],
          exclude: [...ownProcess, 'test/browser/**', '**/*.long.test.ts'],
          isolate: false,
        },
      },
      { extends: true, test: { name: 'own process', include: ownProcess } },
    ],
  },
});
