/**
 * Splits the output of git log into text that passes as it is, and commits between markers. Only this run knows its
 * number, so no text in a repository can pass for a marker (threat S10).
 */

import { ConfigError } from '../../errors.ts';
import { MARKER } from './request.ts';

/** Bytes are characters U+0000 to U+00FF. */
export type LogPiece =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'commit';
      /** Full hash. */
      readonly id: string;
      /** What stands before it in its line: a graph. */
      readonly lead: string;
      /** What follows each marker: its letter, and the text up to the next marker. */
      readonly parts: readonly string[];
    };

export interface LogSplitter {
  readonly push: (chunk: Uint8Array) => readonly LogPiece[];
  /** What is left at the end. @throws ConfigError for a commit that did not end */
  readonly end: () => readonly LogPiece[];
}

const HASH = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

class Splitter implements LogSplitter {
  readonly #number: string;
  #rest = '';
  /** The unfinished line before `#rest`. */
  #line = '';

  constructor(number: string) {
    this.#number = number;
  }

  #passed(text: string): LogPiece {
    const end = text.lastIndexOf('\n');
    this.#line = end < 0 ? this.#line + text : text.slice(end + 1);
    return { kind: 'text', text };
  }

  #commit(text: string): LogPiece {
    const [, begin = '', ...parts] = text.split(this.#number);
    const dot = begin.indexOf('.');
    const id = begin.slice(1, dot);
    if (!begin.startsWith(MARKER.begin) || !HASH.test(id)) {
      throw new ConfigError('git log printed a marker where none is due', { code: 'GIT_FAILED' });
    }
    const lead = this.#line;
    this.#line = '';
    return { kind: 'commit', id, lead, parts: [begin.slice(dot + 1), ...parts] };
  }

  readonly push = (chunk: Uint8Array): readonly LogPiece[] => {
    this.#rest += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1');
    const pieces: LogPiece[] = [];
    const end = `${this.#number}${MARKER.end}`;
    for (;;) {
      const start = this.#rest.indexOf(this.#number);
      // the beginning of a number may stand at the end of what is there
      const safe = start < 0 ? this.#rest.length - this.#number.length : start;
      if (safe > 0) {
        pieces.push(this.#passed(this.#rest.slice(0, safe)));
        this.#rest = this.#rest.slice(safe);
      }
      const stop = start < 0 ? -1 : this.#rest.indexOf(end);
      if (stop < 0) return pieces;
      pieces.push(this.#commit(this.#rest.slice(0, stop)));
      this.#rest = this.#rest.slice(stop + end.length);
    }
  };

  readonly end = (): readonly LogPiece[] => {
    const rest = this.#rest;
    this.#rest = '';
    if (rest.includes(this.#number)) {
      throw new ConfigError('git log ended within a commit', { code: 'GIT_FAILED' });
    }
    return rest === '' ? [] : [this.#passed(rest)];
  };
}

/** A splitter for the output of one git log, asked with this number. */
export function logSplitter(number: string): LogSplitter {
  return new Splitter(number);
}
