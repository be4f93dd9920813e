/** The importer's thread. */
import * as Comlink from 'comlink';
import { Importer } from '../src/data/importer.ts';

Comlink.expose(new Importer());
