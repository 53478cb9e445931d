/** A run in shards: the union is the whole, in each format and byte for byte, and anything else is an error. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { policyScene } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const FORMATS = ['text', 'json', 'jsonl', 'github', 'sarif', 'junit', 'html', 'vsa'];
const uri = ['--repository-uri', 'git+https://example.test/a'];

/** Every verdict, and rules of each kind that needs several commits: merges, signers of a landing, changes of the policy. */
async function history() {
  const scene = policyScene('shards', sandbox());
  const { repository, commit, policy, branch, bob, now } = scene;
  const rules = '  - {refs: [refs/heads/main], merges: clean, distinct-signers: 2}\n';
  const text = (sequence: number) =>
    policy(`sequence: ${sequence}\nchanges: [alice]\ncommits:\n${rules}`, bob);
  const files = (more: object = {}) => ({ '.signet.yaml': text(1), ...more });
  const by = { email: 'bob@example.test' };
  const start = await commit({ files: files() });
  const one = await commit({ parents: [start], files: files({ a: 'a' }), by });
  const clean = await commit({ parents: [start, one], files: files({ a: 'a' }) });
  const side = await commit({ parents: [clean], files: files({ a: 'a', c: 'c' }), by });
  const evil = await commit({ parents: [clean, side], files: files({ a: 'a', x: 'x' }) });
  const few = await commit({ parents: [evil], files: files({ a: 'a' }) });
  const takeover = await commit({ parents: [few], files: { '.signet.yaml': text(2) }, by });
  const unsigned = await commit({ parents: [takeover], files: files(), by: 'nobody' });
  const broken = await commit({ parents: [unsigned], files: files(), tampered: true });
  const stranger = { email: 'mallory@example.test' };
  const last = await commit({ parents: [broken], files: files({ z: 'z' }), by: stranger });
  branch('main', last);
  const trusting = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
  const from = [...trusting, '--policy-from', start, '--ref', 'refs/heads/main'];
  const run = (args: readonly string[], input?: string) =>
    signet(repository, args, { now: now + 60, ...(input === undefined ? {} : { input }) });
  return { ...scene, start, from, trusting, run };
}

let made: Awaited<ReturnType<typeof history>>;
beforeAll(async () => {
  made = await history();
});

/** Writes the shards of a run, and returns the paths of their files. */
async function shards(count: number, args: readonly string[], input?: string) {
  const paths: string[] = [];
  for (let at = 1; at <= count; at += 1) {
    const { exit, out, talk } = await made.run(
      ['verify', ...args, '--shard', `${at}/${count}`],
      input,
    );
    expect(exit, talk).toBe(0);
    const path = join(made.repository.home, `${at}-of-${count}.shard`);
    writeFileSync(path, out);
    paths.push(path);
  }
  return paths;
}

const merge = (format: string, ...paths: readonly string[]) =>
  made.run(['merge-reports', '--format', format, ...paths]);

describe('the union of the shards', { timeout: 300_000 }, () => {
  const whole = () => [...made.from, ...uri, `${made.start}..main`];

  it.each([1, 3, 16])(
    '%i shards give the report of one run in eight formats (U1)',
    async (count) => {
      const paths = await shards(count, whole());
      for (const format of FORMATS) {
        const named = format === 'vsa' ? whole() : [...made.from, `${made.start}..main`];
        const alone = await made.run(['verify', '--format', format, ...named]);
        const merged = await merge(format, ...paths.toReversed());
        expect([format, merged.talk, merged.exit]).toEqual([format, alone.talk, alone.exit]);
        expect(merged.out).toBe(alone.out);
        expect(alone.exit).toBe(1);
      }
      const { out } = await merge('jsonl', ...paths);
      for (const code of ['merge-not-clean', 'too-few-signers', 'policy-change-not-allowed']) {
        expect(out).toContain(`"${code}"`);
      }
    },
  );

  it('policies by parents, single commits and names on stdin give the report of one run (U1)', async () => {
    const { start, from, trusting, repository } = made;
    const parents = [...trusting, '--policy-from', 'parents', '--since', start];
    const ref = ['--ref', 'refs/heads/main'];
    const names = `main\n${repository.must('rev-parse', 'main~2')}\nmain~1\n`;
    const runs: readonly (readonly [readonly string[], string?])[] = [
      [[...parents, ...ref, 'main']],
      [[...from, 'main']],
      [[...from, 'main~1', 'main~5..main~3']],
      [[...from, '--stdin'], names],
      [[...trusting, '--unsafe-any-identity', 'main']],
    ];
    for (const [args, input] of runs) {
      const paths = await shards(3, args, input);
      for (const format of ['text', 'jsonl']) {
        const alone = await made.run(['verify', '--format', format, ...args], input);
        const merged = await merge(format, ...paths);
        expect(merged).toEqual(alone);
        expect(merged.out).not.toBe('');
      }
    }
  });
});

describe('shards that are not one run', () => {
  const args = () => [...made.from, `${made.start}..main`];
  const changed = (path: string, change: (lines: string[]) => readonly string[]): string => {
    const other = `${path}.changed`;
    writeFileSync(other, change(readFileSync(path, 'utf8').split('\n')).join('\n'));
    return other;
  };

  it('a missing, doubled, cut or foreign shard is an error, and no report is written (U2)', async () => {
    const [one = '', two = '', three = ''] = await shards(3, args());
    expect((await merge('jsonl', one, two, three)).exit).toBe(1);
    const [four = ''] = await shards(4, args());
    // shards of the same number have one file each
    await shards(3, args());
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ['one is missing', [one, three]],
      ['all are missing', []],
      ['one is doubled', [one, two, three, two]],
      ['a line is missing', [one, changed(two, (lines) => lines.toSpliced(1, 1)), three]],
      ['the end is missing', [one, changed(two, (lines) => lines.slice(0, -2)), three]],
      ['it goes on behind its end', [one, changed(two, (lines) => [...lines, '{}']), three]],
      ['a line is no JSON', [one, changed(two, (lines) => lines.with(1, '{')), three]],
      ['two lines are swapped', [one, swapped(two), three]],
      ['another number of shards', [four, two, three]],
      ['no shard', [one, two, `${made.repository.path}/.git/HEAD`]],
      ['no file', [one, two, `${three}.absent`]],
    ];
    for (const [what, paths] of cases) {
      const { exit, out } = await merge('jsonl', ...paths);
      expect([what, exit, out]).toEqual([what, 2, '']);
    }
  });

  const swapped = (path: string): string =>
    changed(path, ([head = '', first = '', second = '', ...rest]) => [
      head,
      second,
      first,
      ...rest,
    ]);

  it('shards of another range, policy or setting are no part of the run (U2)', async () => {
    const { trusting, from, start, file, policy, repository } = made;
    const copy = async (more: readonly string[]) => {
      const paths = await shards(3, more);
      return paths.map((path, at) => {
        const kept = join(repository.home, `kept-${at}.shard`);
        writeFileSync(kept, readFileSync(path));
        return kept;
      });
    };
    const strict = [...trusting, '--policy', file(policy()), '--ref', 'refs/heads/main'];
    const others = [
      [...from, `${start}..main~1`],
      [...strict, `${start}..main`],
      [...args(), '--insecure-ignore-sct'],
      [...args(), '--rekor-url', 'https://log.example.test'],
    ];
    for (const more of others) {
      const [foreign = ''] = await copy(more);
      const [, two = '', three = ''] = await shards(3, args());
      const { exit, out } = await merge('jsonl', foreign, two, three);
      expect([more.at(-1), exit, out]).toEqual([more.at(-1), 2, '']);
    }
  });

  it('a ref that moved before the merge is an error (P13, U2)', async () => {
    const { repository, branch } = made;
    const paths = await shards(2, args());
    const tip = repository.must('rev-parse', 'main');
    branch('main', repository.must('rev-parse', 'main~1'));
    const { exit } = await merge('jsonl', ...paths);
    branch('main', tip);
    expect(exit).toBe(2);
    expect((await merge('jsonl', ...paths)).exit).toBe(1);
  });

  it('a shard is no report, and its number must exist', async () => {
    const exitOf = async (...more: string[]) =>
      (await made.run(['verify', ...args(), ...more])).exit;
    for (const text of ['0/3', '4/3', '1', '1/0', 'a/b', '1/9999', '-1/3']) {
      expect([text, await exitOf(`--shard=${text}`)]).toEqual([text, 2]);
    }
    expect(await exitOf('--shard', '1/3', '--format', 'json')).toBe(2);
  });
});
