import { defineConfig } from '@playwright/test';
import { patience } from './test/support/patience.ts';

/** scripts/environment has found a Chromium and the flags that give it an adapter. */
const chromium = process.env.CHROMIUM_PATH;
const launchArguments = JSON.parse(
  process.env.TABTRAIN_CHROMIUM_ARGS ??
    '["--no-sandbox","--enable-unsafe-webgpu","--use-webgpu-adapter=swiftshader","--disable-background-networking","--no-first-run"]',
) as string[];

/** Not `localhost`: bare systems have no name for it. Browsers know it by themselves, so tests say it. */
const host = '127.0.0.1';
const previewPort = 4173;
const fixturePort = 4174;
const fakePort = 4175;

const long = /\.long\.spec\.ts$/;
/** The page on its fakes: these tests leave the adapter idle. One measures time, so it is none of them. */
const onFakes = /\/page\/(?!performance)[^/]+\.spec\.ts$/;

export default defineConfig({
  testDir: 'test/browser',
  outputDir: 'test-results/artifacts',
  // Two cores and a software GPU: one page at a time, unless scripts/test.ts knows better.
  workers: 1,
  forbidOnly: true,
  timeout: patience(180_000),
  expect: { timeout: patience(5_000) },
  use: {
    baseURL: `http://localhost:${String(previewPort)}/x/`,
    launchOptions: { ...(chromium === undefined ? {} : { executablePath: chromium }), args: launchArguments },
  },
  projects: [
    { name: 'page', testMatch: onFakes, testIgnore: long, fullyParallel: true },
    // With the adapter, or measuring time: one after the other.
    { name: 'alone', testMatch: /\.spec\.ts$/, testIgnore: [long, onFakes] },
    { name: 'long', testMatch: long, timeout: patience(3_600_000) },
  ],
  webServer: [
    // The built page, at a sub-path as a person may host it.
    {
      command: `npx vite preview --base /x/ --host ${host} --port ${String(previewPort)} --strictPort`,
      url: `http://${host}:${String(previewPort)}/x/`,
      reuseExistingServer: false,
    },
    // The page on its fakes, built.
    {
      command: `npx vite preview --config test/browser/page/vite.config.ts --host ${host} --port ${String(fakePort)} --strictPort`,
      url: `http://${host}:${String(fakePort)}/test/browser/page/fake.html`,
      reuseExistingServer: false,
    },
    // Sources as they are, for pages that test one part in a browser.
    {
      command: `npx vite --host ${host} --port ${String(fixturePort)} --strictPort`,
      url: `http://${host}:${String(fixturePort)}/`,
      reuseExistingServer: false,
    },
  ],
});
