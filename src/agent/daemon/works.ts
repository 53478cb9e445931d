/** Logins and renewals that are under way: logging out reaches them too (threat D20). */

export interface Work {
  readonly key: string;
  /** Somebody logged out meanwhile: what comes of it is not kept. */
  forgotten: boolean;
}

export class Works {
  readonly #under = new Set<Work>();

  /** Runs one, and knows of it until it ends. */
  async during<T>(key: string, run: (work: Work) => Promise<T>): Promise<T> {
    const work: Work = { key, forgotten: false };
    this.#under.add(work);
    try {
      return await run(work);
    } finally {
      this.#under.delete(work);
    }
  }

  /** Marks those that are concerned as forgotten; their keys. */
  forget(concerned: (key: string) => boolean): readonly string[] {
    const works = [...this.#under].filter(({ key }) => concerned(key));
    for (const work of works) work.forgotten = true;
    return works.map(({ key }) => key);
  }
}
