/** `push: signed`: who may sign a push, and with what. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentsOf, useMachines } from '../support/machine.ts';
import { useSandbox } from '../support/sandbox.ts';
import { codesOf, useSignedPushes } from '../support/signed-push.ts';

const sandbox = useSandbox();
const machine = useMachines(sandbox);
const { gate, server } = useSignedPushes('signed-push-signers', sandbox);

describe('who may sign a push', () => {
  it('a pinned SSH key may, within its dates and rules, and another key may not (K6)', async () => {
    const key = (name: string) => {
      const path = join(server.home().home, name);
      if (!existsSync(path))
        execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', path]);
      return { path, text: readFileSync(`${path}.pub`, 'utf8').trim() };
    };
    const dave = key('dave');
    const late = key('late');
    const signers = `  - {name: dave, ssh: '${dave.text}'}\n  - {name: late, ssh: '${late.text}', until: 2020-01-01}\n`;
    const { base, client, value } = await gate('ssh', { signers });
    const push = (path: string, ref: string) =>
      client.gitMeanwhile(
        {},
        '-c',
        'gpg.format=ssh',
        '-c',
        `user.signingKey=${path}`,
        'push',
        '--signed',
        'origin',
        `${base}:${ref}`,
      );
    const ran = await push(dave.path, 'refs/heads/topic');
    expect(ran.exit, ran.err).toBe(0);
    expect(codesOf(await push(dave.path, 'refs/tags/v1'))).toEqual(['role-not-allowed']);
    expect(codesOf(await push(late.path, 'refs/heads/t'))).toEqual(['signer-out-of-dates']);
    expect(codesOf(await push(key('other').path, 'refs/heads/t'))).toEqual(['key-not-pinned']);
    expect([value('refs/heads/topic'), value('refs/heads/t')]).toEqual([base, '']);
  });

  it('an agent may sign it, and push.gpgSign = if-asked does so', async () => {
    const { make, base, client, value, tree } = await gate('agent');
    const next = await make.commit({ parents: [base], tree });
    const one = await machine();
    client.must('update-ref', 'refs/heads/next', next);
    const work = await one.repository('work', { 'push.gpgSign': 'if-asked' });
    await one.must(work, 'fetch', '-q', client.path, 'next');
    const push = ['push', server.urlOf('agent'), `${next}:refs/heads/main`];
    const ran = await one.git(work, push);
    expect(ran.exit, ran.err).toBe(0);
    expect(value('refs/heads/main')).toBe(next);
    expect((await agentsOf(one)).length).toBe(1);
    expect(
      codesOf(
        await one.git(work, ['-c', 'push.gpgSign=no', ...push.slice(0, 2), ':refs/heads/main']),
      ),
    ).toEqual(['unsigned']);
  });
});
