/**
 * Holds text back until the head of the report is known. The text is compressed in chunks, so that a report of 100,000
 * commits takes a few megabytes and not a few hundred.
 */

export interface HeldText {
  readonly add: (text: string) => void;
  /** Gives all text back, in order, one chunk at a time. Afterwards nothing is held. */
  readonly release: (put: (text: string) => void) => void;
}

const CHUNK = 1024 * 1024;

/** Loads zlib on use, because it takes 5 ms to load, and short reports hold nothing. */
const zlib = (): typeof import('node:zlib') => process.getBuiltinModule('node:zlib');

/** Returns an empty store. */
export function createHeldText(): HeldText {
  const chunks: Uint8Array[] = [];
  let current: string[] = [];
  let length = 0;
  const add = (text: string): void => {
    current.push(text);
    length += text.length;
    if (length < CHUNK) return;
    chunks.push(zlib().deflateRawSync(current.join(''), { level: 1 }));
    current = [];
    length = 0;
  };
  const release = (put: (text: string) => void): void => {
    for (const chunk of chunks.splice(0)) put(zlib().inflateRawSync(chunk).toString('utf8'));
    put(current.join(''));
    current = [];
    length = 0;
  };
  return { add, release };
}
