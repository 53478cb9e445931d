/** `git signet serve` while its repository is moved, deleted, replaced, or finds its objects elsewhere. */

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { policyScene } from '../support/policy-scenario.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { openServe } from '../support/serve-conversation.ts';

const sandbox = useSandbox();
const bundle = fileURLToPath(new URL('../../dist/node/git-signet.cjs', import.meta.url));
const FORMS: readonly (readonly [string, readonly [string, ...string[]]])[] = [
  ['program', [programUnderTest()]],
  ['Node bundle', [process.execPath, '--no-memory-protection-keys', bundle]],
];

async function served(name: string, form: readonly [string, ...string[]]) {
  const scene = policyScene(name, sandbox());
  const base = await scene.commit({ files: { '.signet.yaml': scene.policy() } });
  const good = await scene.commit({
    parents: [base],
    files: { '.signet.yaml': scene.policy(), a: name },
  });
  scene.branch('main', base);
  const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
  const talk = await openServe(scene.repository, form, [...trust, '--policy-from', 'main=main']);
  const ask = (object = good) => talk.verdict({ object, policy: 'main' });
  const reload = async () => {
    talk.say({ id: 'reload', reload: true });
    const { error } = await talk.next();
    return error;
  };
  return { ...scene, base, good, talk, ask, reload };
}

describe.each(FORMS)('the %s', (_name, form) => {
  it.each<[string, (path: string) => void]>([
    ['moved', (path) => renameSync(path, `${path}-moved`)],
    ['deleted', (path) => rmSync(path, { recursive: true })],
  ])('a repository that was %s is no bug, and the error says what to do (Q4)', async (how, go) => {
    const { repository, talk, ask, reload } = await served(`serve-${how}`, form);
    const { path } = repository;
    expect(await ask()).toBe('verified alice');
    go(path);
    const error = await reload();
    expect([error?.code, error?.detail.includes(path)]).toEqual(['GIT_FAILED', true]);
    expect(error?.hint).toMatch(/./);
    expect(await ask()).toBe('GIT_FAILED');
    // another one takes its place, and has neither policy nor object
    mkdirSync(path);
    repository.must('init', '-q', '-b', 'main');
    expect((await reload())?.code).toBe('POLICY_FILE');
    expect(await ask()).toBe('POLICY_FILE');
    await talk.end();
  });

  it('an object that an alternate brings is found without a reload', async () => {
    const { repository, talk, ask } = await served('serve-alternate', form);
    const other = await served('serve-other', form);
    await other.talk.end();
    expect(await ask()).toBe('verified alice');
    expect(await ask(other.good)).toBe('NO_SUCH_OBJECT');
    const objects = join(other.repository.path, '.git/objects');
    writeFileSync(join(repository.path, '.git/objects/info/alternates'), `${objects}\n`);
    let verdict = '';
    // the repository is looked at anew at most once a second
    while (verdict === '' || verdict === 'NO_SUCH_OBJECT') verdict = await ask(other.good);
    expect(verdict).toBe('verified alice');
    await talk.end();
  });
});
