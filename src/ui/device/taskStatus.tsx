/** A task of the Device view while it goes on, with its Cancel; else why it failed. */
import { Message } from '../parts/message.tsx';
import { ProgressBar } from '../parts/progressBar.tsx';
import type { DeviceTask, DeviceTasks } from '../state/deviceTasks.ts';

export function TaskStatus({ tasks, of }: { tasks: DeviceTasks; of: readonly DeviceTask[] }) {
  const running = tasks.running.value;
  const error = tasks.error.value;
  if (running !== null && of.includes(running.task)) {
    const { label = 'Beginning', done = 0, total = 0 } = running.progress ?? {};
    return (
      <div class="button-row" data-testid="device-task">
        <ProgressBar label={label} done={done} total={total} />
        <button type="button" class="button" onClick={() => tasks.cancel()}>
          Cancel
        </button>
      </div>
    );
  }
  if (error === null || !of.includes(error.task)) return null;
  return <Message kind="bad">{error.message}</Message>;
}
