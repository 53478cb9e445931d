/** The examples for shards: their own commands judge a history, and give the report of one run. */

import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runMeanwhile } from '../support/git-repository.ts';
import { policyScene } from '../support/policy-scenario.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { haveTools } from '../support/tools.ts';

const sandbox = useSandbox();
const examples = fileURLToPath(new URL('../../examples/shards', import.meta.url));

interface Step {
  readonly run?: string;
  readonly with?: { readonly path?: string };
}
const read = (name: string) => parse(readFileSync(join(examples, name), 'utf8'));
const commandOf = (steps: readonly Step[]): string =>
  steps.map(({ run = '' }) => run).find((run) => run !== '') ?? '';

/** A history with a stranger in it, and a shell in which `git signet` is the program under test. */
async function gated() {
  const { repository, commit, policy, branch } = policyScene('shards-examples', sandbox());
  const files = { '.signet.yaml': policy('commits: [{merges: passing}]\n') };
  const base = await commit({ files });
  let tip = base;
  for (const name of ['alice', 'mallory', 'alice', 'alice', 'alice']) {
    tip = await commit({ parents: [tip], files, by: { email: `${name}@example.test` } });
  }
  branch('main', tip);
  repository.must('config', '--global', 'signet.trust', sandbox().files.trustedRoot);
  repository.must('config', '--global', 'signet.offline', 'true');
  const link = join(repository.home, 'git-signet');
  writeFileSync(link, `#!/bin/sh\nexec '${programUnderTest()}' "$@"\n`);
  chmodSync(link, 0o755);
  // what a change brings with the names that the examples use
  const victim = join(repository.home, 'victim');
  writeFileSync(victim, 'not a shard');
  for (const name of ['1.shard', '2.shard', '.shards', 'report.xml'])
    symlinkSync(victim, join(repository.path, name));
  const temporary = join(repository.home, 'runner');
  mkdirSync(join(temporary, 'shards'), { recursive: true });
  const env = { ...repository.env, BASE: base, HEAD: tip, RUNNER_TEMP: temporary };
  const PATH = `${repository.home}:${repository.env['PATH']}`;
  const shell = (script: string, more: Record<string, string> = {}) =>
    runMeanwhile('sh', ['-c', script], {
      cwd: repository.path,
      env: { ...env, PATH, ...more },
    });
  const alone = (format: string) =>
    shell(`git signet verify --format ${format} --policy-from "$BASE" "$BASE..$HEAD"`);
  return { repository, shell, alone, temporary, victim };
}

let scene: Awaited<ReturnType<typeof gated>>;
beforeAll(async () => {
  scene = await gated();
});

const isWhole = () => expect(readFileSync(scene.victim, 'utf8')).toBe('not a shard');

it('the GitHub matrix gives the report and the exit code of one run, and writes through no link (U3)', async () => {
  const { jobs } = read('github.yml');
  const { shard: numbers } = jobs.shard.strategy.matrix;
  for (const SHARD of numbers) {
    const { exit, err } = await scene.shell(commandOf(jobs.shard.steps), { SHARD: String(SHARD) });
    expect(exit, err).toBe(0);
    // the artifact comes and goes
    const name = `${SHARD}.shard`;
    renameSync(join(scene.temporary, name), join(scene.temporary, 'shards', name));
  }
  const places = jobs.shard.steps
    .concat(jobs.merge.steps)
    .flatMap(({ with: inputs }: Step) => (inputs?.path === undefined ? [] : [inputs.path]));
  expect(places).toEqual([`\${{ runner.temp }}/*.shard`, `\${{ runner.temp }}/shards`]);
  const merged = await scene.shell(commandOf(jobs.merge.steps));
  const alone = await scene.alone('github');
  expect([merged.exit, merged.out]).toEqual([6, alone.out]);
  isWhole();
});

it('GitLab’s parallel jobs give the report and the exit code of one run, and write through no link (U3)', async () => {
  const { 'signatures-shard': shard, signatures } = read('gitlab.yml');
  const kept = join(scene.repository.home, 'kept');
  mkdirSync(kept);
  for (let at = 1; at <= shard.parallel; at += 1) {
    const numbers = { CI_NODE_INDEX: String(at), CI_NODE_TOTAL: String(shard.parallel) };
    const { exit, err } = await scene.shell(shard.script.join('\n'), numbers);
    expect(exit, err).toBe(0);
    renameSync(join(scene.repository.path, `.shards/${at}.shard`), join(kept, `${at}.shard`));
  }
  rmSync(join(scene.repository.path, '.shards'), { recursive: true });
  renameSync(kept, join(scene.repository.path, '.shards'));
  const merged = await scene.shell(signatures.script.join('\n'));
  expect(merged.exit).toBe(6);
  const report = readFileSync(join(scene.repository.path, 'report.xml'), 'utf8');
  const timeless = (text: string): string => text.replaceAll(/timestamp="[^"]*"/g, '');
  expect(timeless(report)).toBe(timeless((await scene.alone('junit')).out));
  isWhole();
});

it('GNU parallel gives the report and the exit code of one run', async () => {
  if (!haveTools('parallel')) return;
  const { out, exit } = await scene.shell(join(examples, 'parallel.sh'), { FORMAT: 'jsonl' });
  const alone = await scene.alone('jsonl');
  expect([exit, out]).toEqual([6, alone.out]);
});
