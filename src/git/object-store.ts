/**
 * Reads objects and hashes each before a caller sees it. git hashes objects that it fetches, but not objects that it reads
 * later. So the writer of a clone's object directory could choose git's answers (threat P17). One child process answers
 * all questions of a run, in order.
 */

import type { Crypto } from '../core/crypto.ts';
import { MAX_OBJECT } from '../core/git/limits.ts';
import type { ObjectFormat } from '../core/git/signed-object.ts';
import { UsageError } from '../errors.ts';
import { collectGarbage } from '../system/runtime.ts';
import { expected, type HashedObject, hashed } from './hashed-object.ts';
import { type GitObjectType, type ObjectFrame, objectFramer } from './object-frames.ts';
import { type Child, startGit, writeLines } from './objects.ts';
import type { GitPlace } from './process.ts';

export interface ObjectStore {
  /**
   * Reads objects by full hash, in order. Each is hashed, or reported as missing or as too large to be read. The bytes are
   * views of git's output, so copy what you keep. @throws UsageError OBJECT_CORRUPT, GIT_FAILED
   */
  readonly read: (ids: readonly string[]) => Promise<readonly ObjectFrame[]>;
  /**
   * Calls `use` with each of these objects as it comes, and returns the results in order. It keeps no object, so that many
   * large ones do not fill the memory (threat I05). @throws the same errors, and those of `use`
   */
  readonly each: <T>(
    ids: readonly string[],
    use: (frame: ObjectFrame) => T,
  ) => Promise<readonly T[]>;
  /** Reads one object that must exist and have that type. @throws UsageError OBJECT_CORRUPT, NO_SUCH_OBJECT */
  readonly get: (id: string, type: GitObjectType) => Promise<HashedObject>;
  /** Starts the child process before the first question. */
  readonly start: () => void;
  readonly close: () => void;
}

const MUCH_GARBAGE = 16 * 1024 * 1024;

function closed(): UsageError {
  return new UsageError('git was ended before it answered', { code: 'GIT_FAILED' });
}

/** One child process and its open questions. Answers come in the order of the questions. */
class Stream {
  readonly #child: Child;
  readonly #framer = objectFramer(MAX_OBJECT);
  readonly #waiting: { readonly id: string; readonly take: (frame: ObjectFrame) => void }[] = [];
  #fail: (error: unknown) => void = () => undefined;
  /** Why the child process no longer answers. */
  #ended: unknown;
  /** Bytes of objects since the last garbage collection. */
  #garbage = 0;

  constructor(place: GitPlace) {
    this.#child = startGit(place, ['cat-file', '--batch']);
    this.#child.process.stdout.on('data', (chunk: Buffer) => this.#push(chunk));
    const ended = new UsageError('git cat-file did not answer all requests', {
      code: 'GIT_FAILED',
    });
    const end = (error: unknown): void => {
      this.#ended = error;
      this.#fail(error);
    };
    this.#child.done.then(() => end(ended), end);
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
          throw new UsageError('git cat-file answered another request', { code: 'GIT_FAILED' });
        }
        next.take(frame);
      }
    } catch (error) {
      // from here on nothing tells which answer is whose
      this.#ended = error;
      this.#fail(error);
    }
  }

  /**
   * Calls `use` with each of these objects and returns the results. Calls must not overlap. If `use` throws, the answers that
   * are left are taken all the same, because the next call must find its own.
   */
  async each<T>(ids: readonly string[], use: (frame: ObjectFrame) => T): Promise<readonly T[]> {
    // git answers no question any more, so this one would wait without end
    if (this.#ended !== undefined) throw this.#ended;
    const made: T[] = [];
    let left = ids.length;
    let failure: { readonly error: unknown } | undefined;
    const answered = new Promise<void>((resolve, reject) => {
      this.#fail = reject;
      const take = (frame: ObjectFrame): void => {
        left -= 1;
        try {
          if (failure === undefined) made.push(use(frame));
        } catch (error) {
          failure = { error };
        }
        if (left > 0) return;
        if (failure === undefined) resolve();
        else reject(failure.error);
      };
      for (const id of ids) this.#waiting.push({ id, take });
    });
    const written = writeLines(this.#child, ids);
    await answered;
    await written;
    return made;
  }

  /** Ends git. A git that is stopped or hangs never says that it has ended, so the open questions fail here. */
  close(): void {
    this.#ended ??= closed();
    this.#fail(this.#ended);
    this.#child.process.kill('SIGKILL');
  }
}

/** Opens the objects of a repository. The first question starts the child process and loads `crypto`. */
export function openObjectStore(
  place: GitPlace & { readonly format: ObjectFormat },
  loadCrypto: () => Promise<Crypto>,
): ObjectStore {
  let stream: Stream | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  const begin = async (): Promise<readonly [Stream, Crypto]> => {
    const crypto = await loadCrypto();
    if (isClosed) throw closed();
    stream ??= new Stream(place);
    return [stream, crypto];
  };
  const ask = async <T>(
    ids: readonly string[],
    use: (frame: ObjectFrame) => T,
  ): Promise<readonly T[]> => {
    const [begun, crypto] = await begin();
    return begun.each(ids, (frame) => use(hashed(frame, crypto, place.format)));
  };
  const each: ObjectStore['each'] = (ids, use) => {
    if (ids.length === 0) return Promise.resolve([]);
    const answer = last.then(() => ask(ids, use));
    last = answer.catch(() => undefined);
    return answer;
  };
  const read: ObjectStore['read'] = (ids) => each(ids, (frame) => frame);
  const get: ObjectStore['get'] = async (id, type) => expected((await read([id]))[0], type);
  const start = (): void => void begin().catch(() => undefined);
  const close = (): void => {
    isClosed = true;
    stream?.close();
  };
  return { read, each, get, start, close };
}
