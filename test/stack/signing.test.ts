/** Signing and verifying on real servers, in both built forms: what one signs, both verify. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ChildOptions } from '../../src/sandbox/environment.ts';
import { run } from '../support/peers.ts';
import {
  ALICE,
  allow,
  BOB,
  forms,
  judged,
  type StackRepository,
  signPayload,
  stack,
  stackRepository,
  tokenOf,
  who,
} from '../support/stack.ts';

const NOWHERE = 'http://127.0.0.1:9';
/** No server is asked for anything. */
const ALONE = {
  GITSIGN_REKOR_URL: NOWHERE,
  GITSIGN_FULCIO_URL: NOWHERE,
  GITSIGN_OIDC_ISSUER: NOWHERE,
};

/** What `git verify-commit` or `verify-tag` says with either form, with no server within reach. */
async function heard(repository: StackRepository, ...args: readonly string[]): Promise<string[]> {
  const said: string[] = [];
  for (const { program } of forms) {
    const env = { ...repository.environment(), ...ALONE };
    const config = ['-c', `gpg.x509.program=${program}`];
    const { exit, err } = await repository.gitMeanwhile({ env }, ...config, ...args);
    said.push(`${exit} ${err}`);
  }
  return said;
}

describe.each(forms)('the $name', (form) => {
  const good = /^0 git-signet: good signature by alice@example\.test/;
  const kinds: readonly (readonly [string, ChildOptions])[] = [
    ['Rekor v1', {}],
    ['Rekor v1 with a timestamp', { gitConfig: { 'signet.timestamp': 'always' } }],
    ['Rekor v2 with a timestamp', { rekorVersion: 2 }],
  ];

  it.each(kinds)('a commit is signed into %s, and each form verifies it', async (_, options) => {
    const repository = stackRepository(form);
    const id = await repository.commit('a change', options);
    for (const said of await heard(repository, 'verify-commit', id)) expect(said).toMatch(good);
    expect(await judged(repository, [...allow(), id], ALONE)).toMatchObject({ status: 'verified' });
    expect(await judged(repository, [...allow(BOB), id], ALONE)).toMatchObject({
      status: 'not-allowed',
    });
    const changed = repository.must('cat-file', 'commit', id).replace('a change', 'another');
    const forged = repository.write('commit', Buffer.from(`${changed}\n`));
    for (const said of await heard(repository, 'verify-commit', forged)) {
      expect(said).toMatch(/^1 git-signet: BAD signature/);
    }
  });

  it('signs a tag, which is bound to its name', async () => {
    const repository = stackRepository(form);
    await repository.commit('a change');
    const token = await tokenOf();
    expect(await repository.as({ token }, 'tag', '-s', '-m', 'one', 'v1')).toMatchObject({
      exit: 0,
    });
    for (const said of await heard(repository, 'verify-tag', 'v1')) expect(said).toMatch(good);
    const verified = await repository.signet(['verify-tag', ...allow(), 'v1'], ALONE);
    expect([verified.exit, verified.err]).toEqual([0, '']);
    repository.must('update-ref', 'refs/tags/v2', repository.must('rev-parse', 'v1'));
    const renamed = await repository.signet(['verify-tag', ...allow(), 'v2'], ALONE);
    expect(renamed.exit).toBe(1);
  });

  it('signs in a SHA-256 repository', async () => {
    const repository = stackRepository(form, 'sha256');
    const id = await repository.commit('a change');
    expect(id).toHaveLength(64);
    for (const said of await heard(repository, 'verify-commit', id)) expect(said).toMatch(good);
  });

  it('gets a certificate from Fulcio that openssl builds a path for, with an SCT that counts', async () => {
    const repository = stackRepository(form);
    const id = await repository.commit('a change');
    const shown = await repository.signet(['show', '--format', 'pem', id]);
    const leaf = join(repository.home, 'leaf.pem');
    writeFileSync(leaf, shown.out);
    const { fulcioRoot, fulcioIntermediate, trustedRoot } = stack.files;
    const path = ['verify', '-CAfile', fulcioRoot, '-untrusted', fulcioIntermediate];
    expect(
      await run('openssl', [...path, '-ignore_critical', leaf], { cwd: repository.home }),
    ).toMatchObject({ code: 0 });
    // the same trust, but for a CT log with another key
    const trust = JSON.parse(readFileSync(trustedRoot, 'utf8'));
    trust.ctlogs[0].publicKey = trust.tlogs[0].publicKey;
    const other = join(repository.home, 'trusted_root.json');
    writeFileSync(other, JSON.stringify(trust));
    expect(await judged(repository, ['--trusted-root', other, ...who(), id], ALONE)).toMatchObject({
      status: 'refused',
      check: 'sct',
    });
  });

  it('leaves the certificate in the CT log', async () => {
    const repository = stackRepository(form);
    const before = (await (await fetch(`${stack.urls.ctLog}/ct/v1/get-sth`)).json()) as {
      tree_size: number;
    };
    const id = await repository.commit('a change');
    const serial = (await repository.signet(['show', id])).out.match(/^serial +([0-9a-f]+)$/m)?.[1];
    await expect
      .poll(
        async () => {
          const range = `start=${before.tree_size}&end=${before.tree_size + 31}`;
          const answer = await fetch(`${stack.urls.ctLog}/ct/v1/get-entries?${range}`);
          if (!answer.ok) return '';
          const { entries } = (await answer.json()) as { entries: { leaf_input: string }[] };
          return entries.map((one) => Buffer.from(one.leaf_input, 'base64').toString('hex')).join();
        },
        { timeout: 30_000 },
      )
      .toContain(`0214${serial}`);
  });

  it('finds a signature without an embedded entry in the log, once', async () => {
    const repository = stackRepository(form);
    const id = await repository.commit('a change', { gitConfig: { 'signet.rekorMode': 'online' } });
    expect(await judged(repository, [...allow(), id], ALONE)).toMatchObject({
      status: 'undecided',
    });
    expect(await judged(repository, [...allow(), id])).toMatchObject({ status: 'verified' });
    expect(await judged(repository, [...allow(), id], ALONE)).toMatchObject({ status: 'verified' });
    const changed = repository.must('cat-file', 'commit', id).replace('a change', 'another');
    const forged = repository.write('commit', Buffer.from(`${changed}\n`));
    expect(await judged(repository, [...allow(), forged])).toMatchObject({ status: 'refused' });
  });

  it('says who signed when git asks, and writes nothing but the signature', async () => {
    const repository = stackRepository(form);
    const { exit, out, err } = await signPayload(repository, { token: await tokenOf() });
    expect(exit).toBe(0);
    expect(out).toMatch(/^-----BEGIN SIGNED MESSAGE-----\n[\s\S]+-----END SIGNED MESSAGE-----\n$/);
    expect(err).toMatch(/^\[GNUPG:\] SIG_CREATED D 19 9 00 \d+ [0-9a-f]{40}$/m);
    await repository.commit('a change');
    const asked = await repository.as({}, 'log', '-1', '--format=%G? %GS');
    expect(asked.out).toContain(`U ${ALICE}`);
  });
});
