/** What is asked for once, when it is first asked for; a failure waits for whoever looks. */
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
