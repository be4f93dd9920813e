import js from '@eslint/js';
import boundaries from 'eslint-plugin-boundaries';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** Which folder may import which: docs/ARCHITECTURE.md, "Folders". `allow` lists what each may use. */
const layers = {
  charts: [],
  recipe: [],
  engine: [],
  model: ['recipe', 'engine'],
  augment: ['recipe', 'engine'],
  data: ['recipe'],
  tfjs: ['recipe', 'model', 'engine'],
  exchange: ['recipe', 'engine', 'model', 'tfjs'],
  train: ['recipe', 'engine', 'model', 'augment', 'data', 'tfjs', 'exchange'],
  inspect: ['recipe', 'engine', 'model', 'augment', 'data', 'train'],
};

const mayImport = (from, to) => ({
  from: { element: { type: from } },
  allow: to.map((type) => ({ to: { element: { type } } })),
});

export default tseslint.config(
  { ignores: ['node_modules', 'build', 'dist', 'test-results', 'playwright-report', 'public', '.cache'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      globals: { ...globals.browser, ...globals.worker, ...globals.node },
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    plugins: { boundaries },
    settings: {
      'import/resolver': { typescript: true },
      'boundaries/elements': [
        ...[...Object.keys(layers), 'ui'].map((name) => ({
          type: name,
          pattern: `src/${name}/**`,
          partialMatch: false,
        })),
        { type: 'workers', pattern: 'workers/**', partialMatch: false },
        { type: 'cli', pattern: 'cli/**', partialMatch: false },
      ],
    },
    files: ['src/**/*.{ts,tsx}', 'workers/**/*.ts', 'cli/**/*.ts'],
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: [
            ...Object.entries(layers).map(([name, allowed]) => mayImport(name, [name, ...allowed])),
            mayImport('ui', ['ui', 'recipe', 'augment', 'charts']),
            mayImport('workers', Object.keys(layers)),
            mayImport('cli', [...Object.keys(layers), 'cli']),
          ],
        },
      ],
    },
  },
  {
    // Types only: the protocol describes messages, it runs nothing.
    files: ['src/protocol.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ group: ['**'], allowTypeImports: true, message: 'protocol.ts imports types only.' }] },
      ],
    },
  },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
);
