/** Returns a function that runs `read` on first use and keeps its promise. Later callers get the same result or error. */
export function once<T>(read: () => Promise<T>): () => Promise<T> {
  let known: Promise<T> | undefined;
  return () => {
    if (known === undefined) {
      known = read();
      known.catch(() => undefined);
    }
    return known;
  };
}
