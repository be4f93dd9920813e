/** The charts' thread: tables in, drawn canvases out. */
import * as Comlink from 'comlink';
import { ChartDrawer } from '../src/charts/chartDrawer.ts';

Comlink.expose(new ChartDrawer());
