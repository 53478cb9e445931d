/**
 * A git without processes: it answers the few questions about a made history that the rules over several commits ask. So
 * the program's own readers of ranges, merge bases and heads are compared too, ten thousand times.
 */

import child from 'node:child_process';
import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import { PassThrough } from 'node:stream';
import type { ObjectStore } from '../../../src/git/object-store.ts';
import type { GitRepository } from '../../../src/git/repository.ts';
import type { Commit } from './cases.ts';
import { bestBases, between, filesOf, reach, treeId } from './git-facts.ts';

/** The history that the next questions are about. */
export interface Held {
  readonly commits: readonly Commit[];
  /** Full hashes and bytes of the commits, by position. */
  readonly ids: readonly string[];
  readonly bytes: readonly Uint8Array[];
  readonly heads: readonly { readonly ref: string; readonly at: number }[];
}

const PROGRAM = '/in/memory/git';
let held: Held | undefined;

/** Returns the full hash of an object. */
export function hashOf(type: string, bytes: Uint8Array): string {
  return createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex');
}

const blobId = (path: string, content: number): string =>
  hashOf('blob', Buffer.from(`${path} ${content}`));

function timeOf({ committer }: Commit): number {
  return committer === 'odd' ? 0 : committer.time;
}

/** Lists positions as `rev-list --date-order` does: children before parents. */
function listed({ commits, ids }: Held, names: readonly string[]): readonly number[] {
  const at = (name: string): number => ids.indexOf(name);
  const [include, exclude]: [number[], number[]] = [[], []];
  for (const name of names) {
    const [first = '', second] = name.split('...');
    if (second !== undefined) {
      include.push(at(first), at(second));
      exclude.push(...bestBases(commits, at(first), at(second)));
    } else if (name.startsWith('^')) exclude.push(at(name.slice(1)));
    else include.push(at(name));
  }
  if ([...include, ...exclude].includes(-1)) throw new Error(`no such commit: ${names.join(' ')}`);
  return between(commits, exclude, include).toReversed();
}

function objectNamed(of: Held, expression: string): string {
  const [id = '', path] = expression.replace('^{tree}', '').split(':');
  const at = of.ids.indexOf(id);
  const commit = of.commits[at];
  if (commit === undefined) return `${expression} missing`;
  if (expression.endsWith('^{tree}')) return treeId(filesOf(commit));
  if (path === undefined) return id;
  const content = filesOf(commit)[path];
  return content === undefined ? `${expression} missing` : blobId(path, content);
}

function difference(of: Held, from: string, to: string): readonly string[] {
  const [before, after] = [from, to].map((id) => filesOf(of.commits[of.ids.indexOf(id)]));
  const zero = '0'.repeat(40);
  return [...new Set([before, after].flatMap((files) => Object.keys(files ?? {})))]
    .toSorted()
    .flatMap((path) => {
      const [one, other] = [before?.[path], after?.[path]];
      if (one === other) return [];
      const id = (content: number | undefined): string =>
        content === undefined ? zero : blobId(path, content);
      const mode = (content: number | undefined): string =>
        content === undefined ? '000000' : '100644';
      return [`:${mode(one)} ${mode(other)} ${id(one)} ${id(other)} M\t${path}`];
    });
}

/** Answers one call. `input` holds the lines of stdin. */
function answer(
  of: Held,
  args: readonly string[],
  input: readonly string[],
): { out: string | Uint8Array; code: number } {
  const { ids, commits } = of;
  const said = (lines: readonly string[], code = 0) => ({
    out: lines.map((line) => `${line}\n`).join(''),
    code,
  });
  const [first = '', second = ''] = args.slice(-2);
  if (args.includes('rev-list') && args.includes('--count')) {
    const [one = -1, other = -1] = second.split('...').map((id) => ids.indexOf(id));
    return said([
      `${between(commits, [other], [one]).length}\t${between(commits, [one], [other]).length}`,
    ]);
  }
  if (args.includes('rev-list')) {
    const named = args.includes('--parents');
    return said(
      listed(of, input).map((at) =>
        [ids[at], ...(named ? (commits[at]?.parents ?? []).map((each) => ids[each]) : [])].join(
          ' ',
        ),
      ),
    );
  }
  if (args.includes('--is-ancestor')) {
    return said([], reach(commits, [ids.indexOf(second)]).has(ids.indexOf(first)) ? 0 : 1);
  }
  if (args.includes('merge-base')) {
    const best = bestBases(commits, ids.indexOf(first), ids.indexOf(second));
    return said(
      best.map((at) => ids[at] ?? ''),
      best.length === 0 ? 1 : 0,
    );
  }
  if (args.includes('for-each-ref')) {
    const below = args.slice(args.findIndex((each) => each.startsWith('--format')) + 1);
    const refs = of.heads
      .filter(({ ref }) => below.some((each) => ref === each || ref.startsWith(`${each}/`)))
      .toSorted((one, other) => (one.ref < other.ref ? -1 : 1));
    return said(
      refs.map(({ ref, at }) => `commit ${ids[at]} ${timeOf(commits[at] as Commit)} ${ref}`),
    );
  }
  if (args.some((each) => each.startsWith('--batch-check'))) {
    return said(input.map((each) => objectNamed(of, each)));
  }
  if (args.includes('--batch')) return { out: batch(of, input), code: 0 };
  if (args.includes('diff-tree')) return said(difference(of, first, second));
  throw new Error(`git in memory does not know: ${args.join(' ')}`);
}

function batch({ ids, bytes }: Held, asked: readonly string[]): Uint8Array {
  const parts = asked.map((id) => {
    const raw = bytes[ids.indexOf(id)];
    if (raw === undefined) return Buffer.from(`${id} missing\n`);
    return Buffer.concat([Buffer.from(`${id} commit ${raw.length}\n`), raw, Buffer.from('\n')]);
  });
  return Buffer.concat(parts);
}

function startInMemory(args: readonly string[]): unknown {
  const of = held;
  if (of === undefined) throw new Error('no history is held');
  const process = new EventEmitter();
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  let input = '';
  stdin.on('data', (chunk: Buffer) => {
    input += chunk.toString('latin1');
  });
  const kill = (): boolean => {
    stdout.destroy();
    return true;
  };
  const end = (): void => {
    const { out, code } = answer(of, args, input.split('\n').filter(Boolean));
    stdout.end(out);
    stderr.end();
    stderr.resume();
    stdout.once('close', () => process.emit('close', code));
  };
  if (args.includes('rev-list') && args.includes('--count')) setImmediate(end);
  else if (args.some((each) => ['merge-base', 'for-each-ref'].includes(each))) setImmediate(end);
  else stdin.once('end', end);
  return Object.assign(process, { stdin, stdout, stderr, kill });
}

const { spawn } = child;
Object.assign(child, {
  spawn: (program: string, args: readonly string[], ...more: readonly unknown[]) =>
    program === PROGRAM
      ? startInMemory(args)
      : (spawn as (...words: readonly unknown[]) => unknown)(program, args, ...more),
});
syncBuiltinESMExports();

function objectsOf({ ids, bytes }: Held): ObjectStore {
  const frameOf = (id: string) => {
    const raw = bytes[ids.indexOf(id)];
    return raw === undefined
      ? ({ kind: 'missing', id } as const)
      : ({ kind: 'object', id, type: 'commit', raw } as const);
  };
  return {
    read: async (asked) => asked.map(frameOf) as never,
    each: async (asked, use) => asked.map((id) => use(frameOf(id) as never)),
    get: async (id) => frameOf(id) as never,
    start: () => undefined,
    close: () => undefined,
  };
}

/** Holds a history. Questions of the returned repository are about it until another one is held. */
export function holdHistory(history: Held): GitRepository {
  held = history;
  const place = { git: PROGRAM, cwd: '/', env: {} as never };
  return {
    ...place,
    name: 'model',
    format: 'sha1',
    shallow: new Set(),
    objects: objectsOf(history),
  };
}
