/** Starts photosWorker.ts on the files named in the address, and shows what it answers as JSON. */
const worker = new Worker(new URL('./photosWorker.ts', import.meta.url), { type: 'module' });
const show = (text: string) => {
  const result = document.getElementById('result');
  if (result !== null) result.textContent = text;
};
worker.addEventListener('message', (event: MessageEvent<string>) => show(event.data));
worker.addEventListener('error', (event) => show(JSON.stringify({ error: event.message })));
worker.postMessage(new URLSearchParams(location.search).getAll('file'));
