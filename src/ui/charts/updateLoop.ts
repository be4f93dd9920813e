/**
 * Updates the charts in tasks of their own, so that they keep no event waiting: one update at a time, however
 * many steps were made until then, and none in a hidden tab.
 */

const pauseMs = 20;

export interface UpdateLoop {
  /** Asks for an update soon. */
  request: () => void;
  stop: () => void;
}

/** `update` may be asked for again once it resolves. */
export function startUpdateLoop(update: () => Promise<void>): UpdateLoop {
  let isWanted = false;
  let isBusy = false;
  let isStopped = false;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const finish = () => {
    isBusy = false;
    if (isWanted) schedule();
  };
  const run = () => {
    timer = null;
    if (document.hidden) return;
    isWanted = false;
    isBusy = true;
    update().then(finish, finish);
  };
  const schedule = () => {
    if (timer === null && !isBusy && !isStopped) timer = setTimeout(run, pauseMs);
  };
  const onVisible = () => {
    if (isWanted && !document.hidden) schedule();
  };
  document.addEventListener('visibilitychange', onVisible);
  return {
    request: () => {
      isWanted = true;
      schedule();
    },
    stop: () => {
      document.removeEventListener('visibilitychange', onVisible);
      if (timer !== null) clearTimeout(timer);
      isStopped = true;
    },
  };
}
