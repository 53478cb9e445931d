/**
 * Streams the bytes of objects out of a repository. One child process gets full hashes on stdin. git waits for the reader,
 * so memory does not grow with the number of objects.
 */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { MAX_OBJECT } from '../core/git/limits.ts';
import type { NotedFacts } from '../core/policy/decide.ts';
import type { IdentityPolicy } from '../core/policy/model.ts';
import { UsageError } from '../errors.ts';
import { noteChild } from '../system/process.ts';
import { collectGarbage } from '../system/runtime.ts';
import { type ObjectFrame, objectFramer } from './object-frames.ts';
import { GIT_READS, type GitPlace, gitSaid, notStarted } from './process.ts';

/** A wanted object, with the name that the caller gave it, if that was not its hash. */
export interface ObjectRequest {
  readonly id: string;
  readonly ref?: string | undefined;
  /** The caller asked for it alone, not as part of a range. */
  readonly single?: boolean;
  /** The policies that must all allow it, if they are not the policy of the whole run. */
  readonly policies?: readonly IdentityPolicy[] | undefined;
  /** Facts about it that are not in its bytes. */
  readonly noted?: NotedFacts | undefined;
}

/** git's answer to one request. */
export interface ReadObject {
  readonly request: ObjectRequest;
  readonly frame: ObjectFrame;
}

const REQUESTS_AT_ONCE = 512;
const MUCH_GARBAGE = 8 * 1024 * 1024;
const MAX_TALK = 8 * 1024;

/** A running git. */
export interface Child {
  readonly process: ChildProcessWithoutNullStreams;
  /** Resolves when git has ended. If git failed, rejects with its message. */
  readonly done: Promise<void>;
  /** Resolves when git reads on, or has ended. */
  readonly readsOn: () => Promise<void>;
  /** What it said on stderr until now, up to 8 KiB. */
  readonly said: () => string;
}

/** Starts a git that only reads. If it fails, `done` rejects with its message. */
export function startGit(place: GitPlace, args: readonly string[]): Child {
  const { git, cwd, env } = place;
  const child = spawn(git, [...GIT_READS, ...args], {
    cwd,
    env,
    windowsHide: true,
  });
  let talk = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (talk.length < MAX_TALK) talk += chunk.toString('utf8');
  });
  // a child that stops reading is reported by its exit code, below
  child.stdin.on('error', () => undefined);
  const done = new Promise<void>((resolve, reject) => {
    child.once('error', (error) => void notStarted(place, error).then(reject));
    child.once('close', (code) => {
      if (code === 0) return resolve();
      const said = gitSaid(Buffer.from(talk), `git ${args[0]} ended with ${code}`);
      reject(new UsageError(`git: ${said.replace(/^fatal: /, '')}`, { code: 'GIT_FAILED' }));
    });
  });
  // a wait that looked at `done` itself would stay there, with the lines that it wrote, until git ends
  const waiting = new Set<() => void>();
  let ended = false;
  const end = (): void => {
    ended = true;
    for (const go of waiting) go();
  };
  done.then(end, end);
  noteChild(child, done);
  const readsOn = (): Promise<void> =>
    new Promise((resolve) => {
      const go = (): void => {
        waiting.delete(go);
        child.stdin.off('drain', go);
        resolve();
      };
      if (ended) return resolve();
      waiting.add(go);
      child.stdin.once('drain', go);
    });
  return { process: child, done, readsOn, said: () => talk };
}

/** Writes lines as fast as the child process reads them. */
export async function writeLines(child: Child, lines: readonly string[]): Promise<void> {
  const stdin = child.process.stdin;
  if (lines.length === 0 || stdin.destroyed) return;
  if (!stdin.write(`${lines.join('\n')}\n`)) await child.readsOn();
}

/** Sends lines to git and yields the lines of its answer, in groups as they come. */
export async function* listed(
  place: GitPlace,
  args: readonly string[],
  input: readonly string[] = [],
): AsyncGenerator<readonly string[]> {
  const child = startGit(place, args);
  const written = writeLines(child, input).finally(() => child.process.stdin.end());
  let rest = '';
  try {
    for await (const chunk of child.process.stdout as AsyncIterable<Buffer>) {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      if (lines.length > 0) yield lines;
    }
    await written;
    await child.done;
  } finally {
    child.process.kill();
  }
}

async function feed(
  child: Child,
  requests: AsyncIterable<readonly ObjectRequest[]>,
  sent: ObjectRequest[],
): Promise<void> {
  try {
    for await (const group of requests) {
      for (let at = 0; at < group.length; at += REQUESTS_AT_ONCE) {
        const part = group.slice(at, at + REQUESTS_AT_ONCE);
        sent.push(...part);
        await writeLines(
          child,
          part.map((request) => request.id),
        );
      }
    }
  } finally {
    child.process.stdin.end();
  }
}

/**
 * Yields the bytes of each requested object, in the order of the requests, in groups as they arrive. They are not hashed
 * yet, because the judge of an object hashes it. Objects for any other purpose are read by object-store.ts. The bytes are
 * views, so copy what you keep after the group.
 * @throws UsageError GIT_FAILED if git fails or answers another request, and the errors of `requests`
 */
export async function* readObjects(
  repository: GitPlace,
  requests: AsyncIterable<readonly ObjectRequest[]>,
): AsyncGenerator<readonly ReadObject[]> {
  const child = startGit(repository, ['cat-file', '--batch', '--buffer']);
  const framer = objectFramer(MAX_OBJECT);
  let sent: ObjectRequest[] = [];
  let answered = 0;
  const fed = feed(child, requests, sent);
  fed.catch(() => child.process.kill());
  const pair = (frame: ObjectFrame): ReadObject => {
    const request = sent[answered];
    answered += 1;
    if (request?.id !== frame.id) {
      throw new UsageError('git cat-file answered another request', { code: 'GIT_FAILED' });
    }
    return { request, frame };
  };
  try {
    let copied = 0;
    for await (const chunk of child.process.stdout as AsyncIterable<Buffer>) {
      const group = framer.push(chunk).map(pair);
      // chunks of a long object are garbage after they are copied
      copied = group.length > 0 ? 0 : copied + chunk.length;
      if (copied > MUCH_GARBAGE) {
        copied = 0;
        collectGarbage();
      }
      if (group.length > 0) yield group;
      if (answered > 4 * REQUESTS_AT_ONCE) {
        sent.splice(0, answered);
        answered = 0;
      }
    }
    // the first failure is the cause, and the other one follows from it
    await Promise.all([fed, child.done]);
    framer.end();
    if (answered !== sent.length) {
      throw new UsageError('git cat-file did not answer all requests', { code: 'GIT_FAILED' });
    }
  } finally {
    sent = [];
    child.process.kill();
  }
}
