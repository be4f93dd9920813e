/**
 * The page on fake workers, for its own tests: nothing is trained, everything else is real. The query says
 * what the fakes do, for example `?events=200&unfinished`: see `FakeSettings`.
 */
import '../../../src/ui/styles/index.css';
import { mountApp } from '../../../src/ui/app.tsx';
import { createFakeBackend } from './fakeBackend.ts';
import { readSettings } from './fakeSettings.ts';

const root = document.getElementById('app');
if (root === null) throw new Error('fake.html has no element with id "app".');
mountApp(root, createFakeBackend(readSettings(location.search)));
