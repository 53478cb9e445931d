/** `push: signed`: what a server needs for it, which refs it is about, and how the certificates are kept. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useSandbox } from '../support/sandbox.ts';
import { CERTS, codesOf, useSignedPushes } from '../support/signed-push.ts';
import { signetProcess } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const { gate, server } = useSignedPushes('signed-push-kept', sandbox);

describe('what push: signed needs and what it leaves alone', () => {
  it('a server without a seed or without an address says what to type, and takes no push', async () => {
    const { make, signed, base, bare, there, value, tree, ...more } = await gate('seedless');
    const next = await make.commit({ parents: [base], tree });
    there('config', '--unset', 'receive.certNonceSeed');
    const ran = await more.push(`${next}:refs/heads/main`);
    expect(ran.err).toContain('git config receive.certNonceSeed');
    const said = async (...args: string[]) => {
      const { out, talk } = await signetProcess(more.server, args);
      return `${out}${talk}`;
    };
    expect(await said('doctor')).toContain('receive.certNonceSeed');
    const install = ['hooks', 'install', '--', ...server.trusted()];
    const installed = await said(...install);
    expect(installed).toContain('git config receive.certNonceSeed');
    expect(installed).toContain('--pushee URL');
    there('config', 'receive.certNonceSeed', 'seed');
    const homeless = await signed('alice@example.test', 'origin', `${next}:refs/heads/main`);
    expect(homeless.err).toContain('--pushee URL');
    expect([homeless.exit === 0, value('refs/heads/main')]).toEqual([false, base]);
    expect(await said('doctor')).toContain('--pushee URL');
    const whole = await said(...install, '--pushee', server.urlOf('seedless'));
    expect(whole).not.toContain('signed pushes');
    expect(await said('doctor')).not.toContain('signed pushes');
    const taken = await signed('alice@example.test', 'origin', `${next}:refs/heads/main`);
    expect(taken.exit, taken.err).toBe(0);
  });

  it('push: {refs} asks for the signed push of these refs alone', async () => {
    const { make, signed, push, base, count, value, tree } = await gate('some', {
      push: 'push: {refs: [refs/heads/main]}',
    });
    const next = await make.commit({ parents: [base], tree });
    expect((await push(`${next}:refs/heads/topic`)).exit).toBe(0);
    expect(value(CERTS)).toBe('');
    expect(codesOf(await push(`${next}:refs/heads/main`, ':refs/heads/topic'))).toEqual([
      'unsigned',
    ]);
    const ran = await signed(
      'alice@example.test',
      'origin',
      `${next}:refs/heads/main`,
      ':refs/heads/topic',
    );
    expect(ran.exit, ran.err).toBe(0);
    expect(count()).toBe(1);
  });

  it('no push moves the ref of the certificates, or takes its name (K11)', async () => {
    const { make, signed, base, refs, tree } = await gate('own-ref', {
      push: 'push: {refs: [refs/heads/main]}',
    });
    const next = await make.commit({ parents: [base], tree });
    for (const ref of [CERTS, `${CERTS}/x`, 'refs/meta']) {
      const before = refs();
      const ran = await signed('alice@example.test', 'origin', `${base}:${ref}`);
      expect(ran.exit).not.toBe(0);
      expect(refs()).toBe(before);
    }
    expect((await signed('alice@example.test', 'origin', `${next}:refs/heads/main`)).exit).toBe(0);
    const before = refs();
    expect((await signed('alice@example.test', 'origin', `:${CERTS}`)).exit).not.toBe(0);
    expect(refs()).toBe(before);
  });

  it('keeps the certificate before the refs move, so a server that is killed then has lost none (K12)', async () => {
    const address = `file://${join(server.home().home, 'killed.git')}`;
    const made = await gate('killed', { pushees: [address] });
    const { make, signed, base, bare, value, certificate, tree } = made;
    const next = await make.commit({ parents: [base], tree });
    const hook = (name: string, text: string) => {
      writeFileSync(join(bare, 'hooks', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    };
    hook(
      'reference-transaction',
      '[ "$1" = committed ] && grep -q refs/heads/main && kill -9 $PPID; exit 0',
    );
    await signed('alice@example.test', address, `${next}:refs/heads/main`);
    expect(value('refs/heads/main')).toBe(next);
    expect(certificate('refs/heads/main').toString()).toContain(
      `\n${base} ${next} refs/heads/main\n`,
    );
    hook('reference-transaction', 'exit 0');
    hook('update', 'exit 1');
    const refused = await signed('alice@example.test', address, `+${base}:refs/heads/main`);
    expect(refused.exit).not.toBe(0);
    expect([
      value('refs/heads/main'),
      certificate('refs/heads/main').includes(`\n${next} ${base} `),
    ]).toEqual([next, true]);
  });

  it('keeps every certificate of pushes that come at once (K12)', async () => {
    const { signed, base, count, certificate } = await gate('at-once');
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const ran = await Promise.all(
      names.map((name) => signed('alice@example.test', 'origin', `${base}:refs/heads/${name}`)),
    );
    expect(ran.map(({ exit, err }) => (exit === 0 ? 0 : err))).toEqual(names.map(() => 0));
    expect(count()).toBe(names.length);
    for (const name of names) expect(certificate(`refs/heads/${name}`).length).toBeGreaterThan(0);
  });
});
