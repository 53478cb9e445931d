/** A conversation with a `git-signet serve` process. */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import {
  type ObjectFormat,
  type ObjectType,
  splitSignedObject,
} from '../../src/core/git/signed-object.ts';
import type { ObjectResult } from '../../src/report/json.ts';
import type { ScratchRepository } from './git-repository.ts';

export interface ServeAnswer {
  readonly id: string | null;
  readonly result?: ObjectResult & { readonly policy: { readonly digest: string } | null };
  readonly error?: { readonly code: string; readonly detail: string; readonly hint?: string };
  readonly reloaded?: { readonly policies: Readonly<Record<string, { readonly digest: string }>> };
}

export interface ServeConversation {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly greeting: ServeAnswer['reloaded'] & { readonly protocol: number };
  /** Writes a line. An object becomes JSON. */
  readonly say: (line: object | string) => void;
  /** The next answer, whichever question it is for. */
  readonly next: () => Promise<ServeAnswer>;
  /** Asks one question, and returns its verdict in short. */
  readonly verdict: (question: object) => Promise<string>;
  /** Ends the input. Returns the exit code. */
  readonly end: () => Promise<number | null>;
}

/** Payload and signature of an object, as git gives them to its program. */
export const partsOf = (type: ObjectType, raw: Uint8Array, format: ObjectFormat) =>
  splitSignedObject(type, raw, format);

let asked = 0;

export async function openServe(
  { path, env }: Pick<ScratchRepository, 'path' | 'env'>,
  [program, ...before]: readonly [string, ...string[]],
  args: readonly string[],
): Promise<ServeConversation> {
  const words = [...before, 'serve', '--stdio', ...args];
  const child = spawn(program, words, { cwd: path, env, stdio: ['pipe', 'pipe', 'pipe'] });
  let talk = '';
  child.stderr.on('data', (chunk) => {
    talk += chunk;
  });
  child.stdin.on('error', () => undefined);
  const closed = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`serve ended: ${talk}`);
    return JSON.parse(value);
  };
  const say = (text: object | string): void => {
    child.stdin.write(typeof text === 'string' ? text : `${JSON.stringify(text)}\n`);
  };
  const next = (): Promise<ServeAnswer> => line();
  const verdict = async (question: object): Promise<string> => {
    asked += 1;
    say({ id: String(asked), ...question });
    const { result, error } = await next();
    return error?.code ?? result?.code ?? `${result?.status} ${result?.rule ?? ''}`.trim();
  };
  const end = async (): Promise<number | null> => {
    child.stdin.end();
    const [code] = await closed;
    return code;
  };
  return { child, greeting: await line(), say, next, verdict, end };
}
