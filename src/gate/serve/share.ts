/** Shares memory among the questions of a conversation. No question overtakes another, so a large object is not starved. */

/** Gives a number of bytes to holders, in the order in which they ask. A holder that is alone may have any number. */
export class ByteBudget {
  readonly #limit: number;
  readonly #waiting: { readonly bytes: number; readonly grant: () => void }[] = [];
  #used = 0;
  #holders = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  #grantNext(): void {
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      if (this.#holders > 0 && this.#used + next.bytes > this.#limit) return;
      this.#waiting.shift();
      this.#used += next.bytes;
      this.#holders += 1;
      next.grant();
    }
  }

  /** Resolves with a function that gives the bytes back. */
  async take(bytes: number): Promise<() => void> {
    await new Promise<void>((grant) => {
      this.#waiting.push({ bytes, grant });
      this.#grantNext();
    });
    return () => {
      this.#used -= bytes;
      this.#holders -= 1;
      this.#grantNext();
    };
  }
}
