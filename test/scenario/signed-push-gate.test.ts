import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ScratchRepository } from '../support/git-repository.ts';
import { programUnderTest } from '../support/program.ts';
import { pushRequest, sayingsOf } from '../support/push-request.ts';
import { useSandbox } from '../support/sandbox.ts';
import { CERTS, codesOf, useSignedPushes } from '../support/signed-push.ts';

const sandbox = useSandbox();
const { gate, server } = useSignedPushes('signed-push-gate', sandbox);

/** A program for `gpg.x509.program` that changes the payload before it is signed. */
function meddler(client: ScratchRepository, change: string): string {
  const path = join(client.home, 'meddler');
  writeFileSync(path, `#!/bin/sh\nsed '${change}' | '${programUnderTest()}' "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

const AFTER = 'the push certificate says so';

describe('a server whose policy says push: signed', () => {
  it('takes a signed push of a branch, a tag and a deletion, and keeps the certificate for each ref', async () => {
    const { make, signed, base, value, certificate, tree, there } = await gate('takes');
    const next = await make.commit({ parents: [base], subject: 'next', tree });
    const first = await signed(
      'alice@example.test',
      'origin',
      `${next}:refs/heads/main`,
      `${next}:refs/heads/old`,
    );
    expect(first.exit, first.err).toBe(0);
    const tag = await make.tag(next, 'commit', 'v1');
    const args = [`${tag}:refs/tags/v1`, ':refs/heads/old', `+${base}:refs/heads/main`];
    const second = await signed('alice@example.test', 'origin', ...args);
    expect(second.exit, second.err).toBe(0);
    expect([value('refs/tags/v1'), value('refs/heads/main'), value('refs/heads/old')]).toEqual([
      tag,
      base,
      '',
    ]);
    const kept = certificate('refs/heads/old').toString();
    expect(kept).toContain(`\n${next} ${'0'.repeat(40)} refs/heads/old\n`);
    expect(certificate('refs/tags/v1').toString()).toBe(kept);
    there('fsck', '--strict');
    there('reflog', 'expire', '--expire=now', '--all');
    there('gc', '-q', '--prune=now');
    expect(certificate('refs/heads/main').toString()).toBe(kept);
    expect(
      there('log', '--format=%H', CERTS, '--', 'refs/heads/main@{cert}').split('\n'),
    ).toHaveLength(2);
  });

  it('refuses a push that is not signed, also one that only deletes (K5)', async () => {
    const { make, push, base, refs, tree } = await gate('unsigned');
    const before = refs();
    const next = await make.commit({ parents: [base], tree });
    for (const args of [
      [`${next}:refs/heads/main`],
      [':refs/heads/main'],
      [`${next}:refs/heads/topic`],
    ]) {
      const ran = await push(...args);
      expect(ran.exit, AFTER).not.toBe(0);
      expect(codesOf(ran)).toEqual(['unsigned']);
    }
    expect(refs()).toBe(before);
  });

  it('refuses a push by a signer who may not sign there, and takes it elsewhere (K6)', async () => {
    const { make, signed, base, value, tree } = await gate('signers');
    const next = await make.commit({ parents: [base], tree });
    const refused = await signed('bob@example.test', 'origin', `${next}:refs/heads/main`);
    expect(codesOf(refused)).toEqual(['role-not-allowed']);
    const tag = await make.tag(base, 'commit', 'v1');
    const both = await signed(
      'bob@example.test',
      'origin',
      `${base}:refs/heads/t`,
      `${tag}:refs/tags/v1`,
    );
    expect(codesOf(both)).toEqual(['role-not-allowed']);
    const first = await signed(
      'bob@example.test',
      'origin',
      `${next}:refs/heads/main`,
      `${base}:refs/heads/t`,
    );
    expect(codesOf(first)).toEqual(['role-not-allowed']);
    const stranger = await signed('mallory@example.test', 'origin', `${base}:refs/heads/t`);
    expect(codesOf(stranger)).toEqual(['identity-not-allowed']);
    expect([value('refs/heads/main'), value('refs/heads/t'), value(CERTS)]).toEqual([base, '', '']);
    const taken = await signed('bob@example.test', 'origin', `${base}:refs/heads/topic`);
    expect(taken.exit, taken.err).toBe(0);
    expect(value('refs/heads/topic')).toBe(base);
  });

  it('refuses a push that was signed for another server (K7)', async () => {
    const { make, signed, base, bare, value, tree } = await gate('elsewhere');
    const next = await make.commit({ parents: [base], tree });
    for (const address of [bare, `file://${bare}`]) {
      const ran = await signed('alice@example.test', address, `${next}:refs/heads/main`);
      expect(codesOf(ran)).toEqual(['push-elsewhere']);
    }
    expect(value('refs/heads/main')).toBe(base);
    const local = await gate('local', { pushees: ['file:///nowhere'] });
    const other = await local.make.commit({ parents: [local.base], tree: local.tree });
    expect(
      codesOf(
        await local.signed(
          'alice@example.test',
          `file://${local.bare}`,
          `${other}:refs/heads/main`,
        ),
      ),
    ).toEqual(['push-elsewhere']);
  });

  it('takes a push over file:// if the hook names that address', async () => {
    const made = await gate('by-file', {
      pushees: [`file://${join(server.home().home, 'by-file.git')}`],
    });
    const next = await made.make.commit({ parents: [made.base], tree: made.tree });
    made.there('config', '--unset', 'receive.certNonceSlop');
    const ran = await made.signed(
      'alice@example.test',
      `file://${made.bare}`,
      `${next}:refs/heads/main`,
    );
    expect(ran.exit, ran.err).toBe(0);
    expect(made.certificate('refs/heads/main').toString()).toContain('\npushee file://');
  });

  it('refuses a certificate that is sent a second time over HTTP, within and outside of the slop (K8)', async () => {
    const { make, signed, base, value, certificate, there, count, tree } = await gate('replay');
    const next = await make.commit({ parents: [base], tree });
    const send = async (body: Buffer) => {
      const headers = { 'content-type': 'application/x-git-receive-pack-request' };
      const answer = await fetch(`${server.urlOf('replay')}/git-receive-pack`, {
        method: 'POST',
        headers,
        body,
      });
      return { err: sayingsOf(Buffer.from(await answer.arrayBuffer())) };
    };
    expect((await signed('alice@example.test', 'origin', `${next}:refs/heads/main`)).exit).toBe(0);
    const forward = pushRequest(certificate('refs/heads/main'));
    expect((await signed('alice@example.test', 'origin', `+${base}:refs/heads/main`)).exit).toBe(0);
    const before = count();
    const stamp = Number(/\nnonce (\d+)-/.exec(certificate('refs/heads/main').toString())?.[1]);
    // within one second git makes the same nonce again
    while (Date.now() < (stamp + 1) * 1000) await setTimeout(50);
    const again = await send(forward);
    expect(codesOf(again), again.err).toEqual(['push-not-fresh']);
    there('config', 'receive.certNonceSlop', '0');
    const late = await send(forward);
    expect(codesOf(late), late.err).toEqual(['push-not-fresh']);
    expect(late.err).toContain('(SLOP)');
    there('config', 'receive.certNonceSeed', 'another');
    expect((await send(forward)).err).toContain('(BAD)');
    expect([value('refs/heads/main'), count()]).toEqual([base, before]);
  });

  it('refuses a push whose refs or values are not those of the certificate (K9)', async () => {
    const { make, signed, base, bare, client, there, value, tree } = await gate('lines');
    const next = await make.commit({ parents: [base], tree });
    // git gives its hook the lines of the certificate, so other lines can only come from a program in between
    const hook = join(bare, 'hooks/pre-receive');
    const given = (change: string) => {
      const text = `#!/bin/sh\nsed '${change}' | '${hook}.ours'\n`;
      writeFileSync(hook, text, { mode: 0o755 });
    };
    renameSync(hook, `${hook}.ours`);
    const changes = [
      's,heads/a,heads/b,',
      '/heads.a/d',
      `s/${next}/${base}/`,
      `p;s,heads/a,heads/c,`,
    ];
    for (const change of changes) {
      given(change);
      const ran = await signed(
        'alice@example.test',
        'origin',
        `${next}:refs/heads/main`,
        `${base}:refs/heads/a`,
      );
      expect(codesOf(ran), ran.err).toEqual(['push-differs']);
    }
    expect([value('refs/heads/main'), value(CERTS)]).toEqual([base, '']);
    given('');
    const ran = await signed(
      'alice@example.test',
      'origin',
      `${next}:refs/heads/main`,
      `${base}:refs/heads/a`,
    );
    expect(ran.exit, ran.err).toBe(0);
    expect(client.git('-C', bare, 'rev-parse', 'a').out.trim()).toBe(base);
    there('fsck');
  });

  it('refuses a signature over another certificate, and none is kept (K10)', async () => {
    const { make, client, as, base, value, tree } = await gate('wrong');
    const next = await make.commit({ parents: [base], tree });
    const program = meddler(client, 's/^pushee .*/pushee https:\\/\\/other.example.test\\/x/');
    const ran = await client.gitMeanwhile(
      { env: await as('alice@example.test') },
      ...[
        '-c',
        `gpg.x509.program=${program}`,
        'push',
        '--signed',
        'origin',
        `${next}:refs/heads/main`,
      ],
    );
    expect(codesOf(ran), ran.err).toEqual(['content-digest-differs']);
    expect([value('refs/heads/main'), value(CERTS)]).toEqual([base, '']);
  });
});
