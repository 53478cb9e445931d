/** Writes answers, one JSON object a line, as fast as the asker reads them and in bounded memory. */

import { utf8 } from '../../core/bytes.ts';
import { isSignetError } from '../../errors.ts';
import { jsonText } from '../../report/json.ts';
import { NoVerdict, type ServeCode } from './question.ts';

/** More bytes than this wait for the asker: then no more questions are read. */
const MAX_UNREAD = 1024 * 1024;

/** Returns the code of an error, as its answer names it. */
export function codeOf(error: unknown): ServeCode {
  return error instanceof NoVerdict || isSignetError(error) ? error.code : 'INTERNAL';
}

/** Returns the answer to a question that has no verdict. */
export function errorAnswer(id: string | undefined, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const detail = message.split('\n')[0] ?? '';
  const hint = isSignetError(error) ? error.hint : undefined;
  return `${jsonText({ id: id ?? null, error: { code: codeOf(error), detail, hint } })}\n`;
}

/** Returns the answer with this result, which is JSON. */
export function resultAnswer(id: string, result: string): string {
  return `{"id":${jsonText(id)},"result":${result}}\n`;
}

/** Answers in the order in which they were put in. */
export class AnswerWriter {
  readonly #send: (bytes: Uint8Array) => Promise<void>;
  readonly #wakes: (() => void)[] = [];
  readonly #fail: (error: unknown) => void;
  /** Rejects if the answers cannot be written. */
  readonly failed: Promise<never>;
  #pending: string[] = [];
  #unread = 0;
  #broken = false;
  #writes: Promise<void> | undefined;

  constructor(send: (bytes: Uint8Array) => Promise<void>) {
    this.#send = send;
    const { promise, reject } = Promise.withResolvers<never>();
    this.failed = promise;
    this.#fail = reject;
    promise.catch(() => undefined);
  }

  async #write(): Promise<void> {
    while (this.#pending.length > 0) {
      const text = this.#pending.join('');
      this.#pending = [];
      await this.#send(utf8(text));
      this.#unread -= text.length;
      this.#wake();
    }
    this.#writes = undefined;
  }

  put(line: string): void {
    this.#pending.push(line);
    this.#unread += line.length;
    if (this.#writes !== undefined) return;
    this.#writes = this.#write();
    this.#writes.catch((error: unknown) => {
      this.#broken = true;
      this.#fail(error);
      this.#wake();
    });
  }

  #wake(): void {
    for (const wake of this.#wakes.splice(0)) wake();
  }

  /** Resolves when the asker has read enough for more questions. */
  async room(): Promise<void> {
    while (this.#unread > MAX_UNREAD && !this.#broken) {
      await new Promise<void>((wake) => this.#wakes.push(wake));
    }
  }

  /** Resolves when all answers are written. */
  async written(): Promise<void> {
    await this.#writes;
  }
}
