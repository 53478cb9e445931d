/** A bound on work that is done at a time. Clients that find no room wait in the order in which they came (threats D23, D29). */

export interface WaitingRoom {
  /**
   * Runs `work` once there is room for `size`, and gives the room back when the work ends.
   * @throws what `work` throws, and the reason of `left` when the client leaves while it waits
   */
  readonly hold: <T>(size: number, left: AbortSignal, work: () => Promise<T>) => Promise<T>;
}

interface Waiting {
  readonly size: number;
  readonly enter: () => void;
}

/** Returns a room for so much at a time. No `size` may be larger. */
export function waitingRoom(capacity: number): WaitingRoom {
  let free = capacity;
  let waiting: readonly Waiting[] = [];
  const admit = (): void => {
    for (let [first] = waiting; first !== undefined && first.size <= free; [first] = waiting) {
      waiting = waiting.slice(1);
      free -= first.size;
      first.enter();
    }
  };
  const turn = (size: number, left: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        waiting = waiting.filter((each) => each !== me);
        admit();
        reject(left.reason);
      };
      const me: Waiting = {
        size,
        enter: () => {
          left.removeEventListener('abort', leave);
          resolve();
        },
      };
      left.addEventListener('abort', leave);
      waiting = [...waiting, me];
      admit();
    });
  return {
    hold: async (size, left, work) => {
      left.throwIfAborted();
      await turn(size, left);
      try {
        return await work();
      } finally {
        free += size;
        admit();
      }
    },
  };
}
