/** The training loop on the engine; on plain tfjs in trainer.long.test.ts. */
import { describeTrainer } from '../support/trainerTests.ts';

describeTrainer('engine');
