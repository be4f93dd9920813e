/** The compiled step against PyTorch. */
import { createParityEngine } from '../support/parityEngine.ts';
import { describeParity } from '../support/parityTests.ts';

describeParity((engine) => createParityEngine(engine, 'f32'));
