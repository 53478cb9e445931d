/**
 * Reads files and standard input, and writes short results. Loading node:fs takes two milliseconds of each call by git, so
 * on Linux Bun's own functions are tried first. They answer only where all is well. In every other case node:fs is asked
 * as well, so each refusal and each error is its own, whichever way was tried first.
 */

import { type BunRuntime, bunRuntime } from './bun.ts';
import { isNodeFsLoaded, nodeFs } from './node-fs.ts';
import { isPlain } from './paths.ts';
import { readUpTo } from './standard-input.ts';
import { writeAll, writeFailure } from './write.ts';

const STDIN = 0;
/** Bytes that Linux writes to a pipe whole or not at all (PIPE_BUF). Bun would write the start of a longer text twice. */
const WHOLE = 4096;

/** Returns Bun's functions where they were tried, which is Linux, and where they save the loading of node:fs. */
function bunHere(): BunRuntime | undefined {
  return process.platform === 'linux' && !isNodeFsLoaded() ? bunRuntime() : undefined;
}

/**
 * Reads a file, or its first `limit` bytes. It follows links, and waits for a pipe.
 * @throws the system's error
 */
export async function readFile(path: string, limit?: number): Promise<Uint8Array> {
  const bun = bunHere();
  // Bun takes other names for addresses (`s3://`)
  if (bun !== undefined && isPlain(path)) {
    const file = bun.file(path);
    const asked = limit === undefined ? file : file.slice(0, limit);
    const bytes = await asked.bytes().catch(() => undefined);
    if (bytes !== undefined && bytes.length > 0) return bytes.subarray(0, limit);
    // a pipe that was empty would be waited for again
    if (bytes !== undefined && isPipe(path)) return bytes;
  }
  const { closeSync, openSync, readFileSync } = nodeFs();
  if (limit === undefined) return readFileSync(path);
  const descriptor = openSync(path, 'r');
  try {
    return readUpTo(limit, descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function isPipe(path: string): boolean {
  return nodeFs().statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;
}

/** Reads up to `limit` bytes of standard input, and lets this process work meanwhile. @throws the system's error */
export async function readInputUpTo(limit: number): Promise<Uint8Array> {
  const bun = bunHere();
  if (bun === undefined) return readUpTo(limit);
  let bytes: Uint8Array;
  try {
    bytes = await bun.file(STDIN).slice(0, limit).bytes();
  } catch (error) {
    readUpTo(1);
    throw error;
  }
  // Bun reads nothing from a descriptor that is not open for reading, and node:fs says so
  return bytes.length === 0 ? readUpTo(limit) : bytes.subarray(0, limit);
}

/** Writes all of a text, which is best a short one. Errors name the descriptor as `what`. @throws OutputClosed, UsageError */
export async function writeShort(descriptor: number, text: string, what: string): Promise<void> {
  const bun = bunHere();
  const bytes = Buffer.from(text, 'utf8');
  if (bun === undefined || bytes.length === 0 || bytes.length > WHOLE) {
    writeAll(descriptor, bytes, what);
    return;
  }
  try {
    await bun.write(bun.file(descriptor), bytes);
  } catch (error) {
    throw writeFailure(error, what);
  }
}

/** Returns true if this process is known to have no controlling terminal (proc(5), `tty_nr`). */
export async function hasNoTerminal(): Promise<boolean> {
  const bytes = await bunHere()
    ?.file('/proc/self/stat')
    .bytes()
    .catch(() => undefined);
  // the name of the program is in brackets, and may hold any character
  const [, fields = ''] = /\) ([^)]*)$/.exec(Buffer.from(bytes ?? []).toString('latin1')) ?? [];
  return fields.split(' ')[4] === '0';
}
