/** Entry point of the page: starts the workers and draws the page on them. */
import { mountApp } from './app.tsx';
import { createWorkerBackend } from './backend.ts';
import './styles/index.css';

const root = document.getElementById('app');
if (root === null) throw new Error('index.html has no element with id "app" to draw the page in.');

const app = mountApp(
  root,
  createWorkerBackend((message) => app.fail(message)),
);
