/** A checkout that wants to run something, and every letter that git knows: the gate runs nothing and lets only one pass. */

import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openPgpPerson, policyScene, sshPerson } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { haveTools } from '../support/tools.ts';
import { signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();

describe.runIf(haveTools('ssh-keygen'))('nothing of the checkout runs (P14)', () => {
  it('verifying runs no monitor, hook, filter, driver, program or alias of the checkout (P14)', async () => {
    const { repository, commit, tag, policy, file, branch } = policyScene('hostile', sandbox());
    const marker = join(repository.home, 'ran');
    const evil = join(repository.home, 'evil');
    writeFileSync(evil, `#!/bin/sh\necho "$0 $*" >> '${marker}'\nexit 0\n`);
    chmodSync(evil, 0o755);
    const ssh = sshPerson(repository, 'dave');
    const pgp = await openPgpPerson('web');
    const attributes = '* filter=evil diff=evil merge=evil textconv=evil\n';
    const text = policy(
      'changes: [alice]\ncommits: [{merges: clean}]\n',
      `  - {name: dave, ssh: '${ssh.line}'}\n  - name: web\n    openpgp: |\n${pgp.indented}\n`,
    );
    const files = (more: object) => ({
      '.gitattributes': attributes,
      '.signet.yaml': text,
      ...more,
    });
    const root = await commit({ files: files({ a: '1\n' }) });
    const left = await commit({
      parents: [root],
      files: files({ a: '1\n2\n' }),
      by: { armor: (payload) => ssh.armor(payload) },
    });
    const right = await commit({ parents: [root], files: files({ a: '0\n1\n' }), by: pgp });
    const merge = await commit({ parents: [left, right], files: files({ a: '0\n1\n2\n' }) });
    branch('main', merge);
    branch('base', root);
    await tag('v1', merge);
    repository.must('checkout', '-q', 'main');
    for (const key of [
      'core.fsmonitor',
      'core.pager',
      'core.editor',
      'core.sshCommand',
      'core.askPass',
      'gpg.program',
      'gpg.x509.program',
      'gpg.openpgp.program',
      'gpg.ssh.program',
      'gpg.ssh.defaultKeyCommand',
      'filter.evil.clean',
      'filter.evil.smudge',
      'filter.evil.process',
      'diff.external',
      'diff.evil.command',
      'diff.evil.textconv',
      'merge.evil.driver',
      'credential.helper',
      'interactive.diffFilter',
      'uploadpack.packObjectsHook',
    ])
      repository.must('config', key, evil);
    for (const name of [
      'rev-list',
      'cat-file',
      'merge-tree',
      'merge-base',
      'for-each-ref',
      'rev-parse',
    ])
      repository.must('config', `alias.${name}`, `!${evil}`);
    repository.must('config', 'core.hooksPath', repository.home);
    for (const hook of [
      'post-checkout',
      'post-index-change',
      'reference-transaction',
      'fsmonitor-watchman',
    ]) {
      writeFileSync(join(repository.home, hook), `#!/bin/sh\necho hook >> '${marker}'\n`);
      chmodSync(join(repository.home, hook), 0o755);
    }
    repository.must('config', 'core.attributesFile', file(attributes, 'attributes'));
    const path = file(text);
    const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
    const run = (...args: string[]) => signet(repository, args);
    // the same merge by the checkout's own rules does run the driver: the bait is good
    repository.git('merge-tree', '--write-tree', left, right);
    repository.git('merge-base', left, right);
    repository.git('-c', 'alias.x=!true', 'status');
    const baited = existsSync(marker);
    expect(baited).toBe(true);
    writeFileSync(marker, '');
    const { readFileSync } = await import('node:fs');
    const answers = [
      await run('verify', ...trust, '--policy', path, 'base..main'),
      await run('verify', ...trust, '--policy-from', 'base', 'base..main'),
      await run('verify', ...trust, '--policy-from', 'parents', '--since', root, 'main'),
      await run('verify-tag', ...trust, '--policy', path, 'v1'),
      await run('policy', 'explain', ...trust, '--policy', path, 'main'),
      await run('policy', 'init', ...trust, 'main'),
    ];
    expect(readFileSync(marker, 'utf8')).toBe('');
    expect(answers.map(({ exit, talk }) => [exit, talk])).toEqual(answers.map(() => [0, '']));
  });
});

describe('every state that git tells apart (P01, P07)', () => {
  it('verify-commit applies the policy to one commit, and the gate passes only G (P01, P07)', async () => {
    const { repository, commit, policy, file, branch, issuer, verify } = policyScene(
      'letters',
      sandbox(),
    );
    const bob = { email: 'bob@example.test' };
    const signers = `  - {name: bob, identity: bob@example.test, issuer: '${issuer}', until: 2020-01-01}\n`;
    const path = file(policy('commits: [{committer: match, sign-off: signer}]\n', signers));
    const signOff = 'x\n\nSigned-off-by: Alice <alice@example.test>';
    const root = await commit({});
    const cases: readonly [string, Parameters<typeof commit>[0]][] = [
      ['G', { subject: signOff }],
      ['U', { subject: 'no sign-off' }],
      ['U', { subject: signOff, committer: 'x@example.test' }],
      ['U', { subject: signOff, by: bob }],
      ['U', { subject: signOff, by: { email: 'mallory@example.test' } }],
      ['B', { subject: signOff, tampered: true }],
      ['E', { subject: signOff, by: { rekor: 'none' } }],
      ['N', { subject: signOff, by: 'nobody' }],
    ];
    repository.must('config', '--global', 'signet.trust', sandbox().files.trustedRoot);
    repository.must('config', '--global', 'signet.policy', path);
    repository.must('config', '--global', 'signet.offline', 'true');
    for (const [letter, fields] of cases) {
      const id = await commit({ parents: [root], ...fields });
      branch('x', id);
      const { out } = repository.git('log', '-1', '--format=%G?', id);
      expect([letter, out.trim()]).toEqual([letter, letter]);
      expect(((await verify('--policy', path, `${root}..x`)).exit === 0) === (letter === 'G')).toBe(
        true,
      );
      if (letter === 'U')
        expect(
          repository.git('-c', 'gpg.minTrustLevel=marginal', 'verify-commit', id).exit,
        ).not.toBe(0);
    }
  });
});

describe('a policy that changes within the range (G16 G13)', () => {
  it('a commit rewritten without its signature is unsigned, and never skipped (G13)', async () => {
    const { repository, commit, policy, file, branch, verify } = policyScene('stripped', sandbox());
    const root = await commit({});
    const signed = await commit({ parents: [root] });
    const raw = repository
      .git('cat-file', 'commit', signed)
      .out.replace(/gpgsig .*?-----END SIGNED MESSAGE-----\n/s, '');
    branch('main', repository.write('commit', Buffer.from(raw)));
    const { exit, said } = await verify('--policy', file(policy()), `${root}..main`);
    expect([exit, ...said.values()]).toEqual([5, 'unsigned']);
  });

  it('a good commit of another branch does not replace this one (G16)', async () => {
    const { commit, policy, file, branch, verify } = policyScene('replayed', sandbox());
    const root = await commit({});
    const good = await commit({ parents: [root], subject: 'elsewhere' });
    const bad = await commit({ parents: [root], by: 'nobody' });
    branch('main', bad);
    const { exit, said } = await verify('--policy', file(policy()), `${root}..main`);
    expect([exit, said.has(good), said.get(bad)]).toEqual([5, false, 'unsigned']);
  });
});
