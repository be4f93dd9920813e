/** The training loop on plain tfjs: minutes on a software adapter. */
import { describeTrainer } from '../support/trainerTests.ts';

describeTrainer('tfjs');
