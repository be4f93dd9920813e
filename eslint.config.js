import js from '@eslint/js';
import boundaries from 'eslint-plugin-boundaries';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** Which folder may import which: docs/ARCHITECTURE.md, "Folders". `allow` lists what each may use. */
const layers = {
  recipe: [],
  engine: [],
  model: ['recipe', 'engine'],
  augment: ['recipe', 'engine'],
  data: ['recipe'],
  tfjs: ['recipe', 'model', 'engine'],
  exchange: ['recipe', 'model', 'tfjs'],
  train: ['recipe', 'engine', 'model', 'augment', 'data', 'tfjs', 'exchange'],
};

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
        ...Object.keys(layers).map((name) => ({ type: name, pattern: `src/${name}/**`, mode: 'full' })),
        { type: 'ui', pattern: 'src/ui/**', mode: 'full' },
        { type: 'protocol', pattern: 'src/protocol.ts', mode: 'full' },
        { type: 'workers', pattern: 'workers/**', mode: 'full' },
        { type: 'cli', pattern: 'cli/**', mode: 'full' },
      ],
    },
    files: ['src/**/*.{ts,tsx}', 'workers/**/*.ts', 'cli/**/*.ts'],
    rules: {
      'boundaries/element-types': [
        'error',
        {
          default: 'disallow',
          rules: [
            ...Object.entries(layers).map(([name, allow]) => ({ from: name, allow: [name, ...allow] })),
            // Types only: the protocol describes messages, it runs nothing.
            { from: 'protocol', allow: ['recipe', 'data', 'train'], importKind: 'type' },
            { from: 'ui', allow: ['ui', 'protocol', 'recipe', 'augment'] },
            { from: 'workers', allow: [...Object.keys(layers), 'protocol'] },
            { from: 'cli', allow: [...Object.keys(layers), 'cli'] },
          ],
        },
      ],
    },
  },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
);
