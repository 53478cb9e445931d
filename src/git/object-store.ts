/**
 * Objects as their names promise them: what is read here is hashed before anybody sees it. git hashes what a fetch brings,
 * not what it reads later, so whoever wrote a clone's object directory chooses what git answers (threat P17). One child
 * answers all questions of a run, in order.
 */

import type { Crypto } from '../core/crypto.ts';
import { MAX_OBJECT } from '../core/git/limits.ts';
import type { ObjectFormat } from '../core/git/object.ts';
import { ConfigError, UsageError } from '../errors.ts';
import { collectGarbage } from '../system/runtime.ts';
import { expected, type HashedObject, hashed } from './hashed-object.ts';
import { type GitObjectType, type ObjectFrame, objectFramer } from './object-frames.ts';
import { type Child, startGit, writeLines } from './objects.ts';
import type { GitPlace } from './process.ts';

export interface ObjectStore {
  /**
   * Objects by full hash, in order: hashed, or that one is missing or too large to be read. Bytes are views of what git
   * sent: copy what is to be kept. @throws UsageError OBJECT_CORRUPT, GIT_FAILED
   */
  readonly read: (ids: readonly string[]) => Promise<readonly ObjectFrame[]>;
  /**
   * What `use` makes of each of these objects, in order, as they come: none is kept behind it, so that many of the largest
   * do not fill the memory (threat I05). @throws the same, and what `use` throws
   */
  readonly each: <T>(
    ids: readonly string[],
    use: (frame: ObjectFrame) => T,
  ) => Promise<readonly T[]>;
  /** The same for one that must be there, and be of that type. @throws UsageError OBJECT_CORRUPT, NO_SUCH_OBJECT */
  readonly get: (id: string, type: GitObjectType) => Promise<HashedObject>;
  readonly close: () => void;
}

const MUCH_GARBAGE = 16 * 1024 * 1024;

/** One child, and what it was asked: answers come in the order of the questions. */
class Stream {
  readonly #child: Child;
  readonly #framer = objectFramer(MAX_OBJECT);
  readonly #waiting: { readonly id: string; readonly take: (frame: ObjectFrame) => void }[] = [];
  #fail: (error: unknown) => void = () => undefined;
  /** Bytes of objects that were handed on since garbage was collected. */
  #garbage = 0;

  constructor(place: GitPlace) {
    this.#child = startGit(place, ['cat-file', '--batch']);
    this.#child.process.stdout.on('data', (chunk: Buffer) => this.#push(chunk));
    const ended = new UsageError('git cat-file left requests unanswered', { code: 'GIT_FAILED' });
    this.#child.done.then(
      () => this.#fail(ended),
      (error: unknown) => this.#fail(error),
    );
  }

  #push(chunk: Buffer): void {
    if (this.#garbage > MUCH_GARBAGE) {
      this.#garbage = 0;
      collectGarbage();
    }
    try {
      for (const frame of this.#framer.push(chunk)) {
        this.#garbage += frame.kind === 'object' ? frame.raw.length : 0;
        const next = this.#waiting.shift();
        if (next?.id !== frame.id) {
          throw new UsageError('git cat-file answered out of step', { code: 'GIT_FAILED' });
        }
        next.take(frame);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What `use` makes of each of these objects. Calls must not overlap. */
  async each<T>(ids: readonly string[], use: (frame: ObjectFrame) => T): Promise<readonly T[]> {
    const made: T[] = [];
    const answered = new Promise<void>((resolve, reject) => {
      this.#fail = reject;
      const take = (frame: ObjectFrame): void => {
        if (made.push(use(frame)) === ids.length) resolve();
      };
      for (const id of ids) this.#waiting.push({ id, take });
    });
    const written = writeLines(this.#child, ids);
    await answered;
    await written;
    return made;
  }

  close(): void {
    this.#child.process.kill();
  }
}

/** The objects of a repository; its child is started by the first question. `crypto` is loaded then. */
export function openObjectStore(
  place: GitPlace & { readonly format: ObjectFormat },
  loadCrypto: () => Promise<Crypto>,
): ObjectStore {
  let stream: Stream | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;
  const ask = async <T>(
    ids: readonly string[],
    use: (frame: ObjectFrame) => T,
  ): Promise<readonly T[]> => {
    if (closed) throw new ConfigError('the object store is closed');
    const crypto = await loadCrypto();
    stream ??= new Stream(place);
    return stream.each(ids, (frame) => use(hashed(frame, crypto, place.format)));
  };
  const each: ObjectStore['each'] = (ids, use) => {
    if (ids.length === 0) return Promise.resolve([]);
    const answer = last.then(() => ask(ids, use));
    last = answer.catch(() => undefined);
    return answer;
  };
  const read: ObjectStore['read'] = (ids) => each(ids, (frame) => frame);
  const get: ObjectStore['get'] = async (id, type) => expected((await read([id]))[0], type);
  const close = (): void => {
    closed = true;
    stream?.close();
  };
  return { read, each, get, close };
}
