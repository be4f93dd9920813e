/** Makes the browser refuse storage, as private windows and blocked site data do. */
indexedDB.open = () => {
  throw new DOMException('The operation is insecure.', 'SecurityError');
};
