/** `git push --signed` by the program that git starts, to a bare repository whose server asks for it with a nonce. */

import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { scratchRepository } from '../support/git-repository.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const repository = scratchRepository('signed-push');
const server = join(repository.home, 'server.git');
const seen = join(repository.home, 'seen');
let env: Record<string, string> = {};

const HOOK = `#!/bin/sh
cat >/dev/null
{ echo "$GIT_PUSH_CERT_STATUS $GIT_PUSH_CERT_NONCE_STATUS $GIT_PUSH_CERT_SIGNER"; git cat-file blob "$GIT_PUSH_CERT"; } >'${seen}'
`;

beforeAll(async () => {
  env = { ...sandbox().env, SIGSTORE_ID_TOKEN: await sandbox().mintToken() };
  repository.must('init', '-q', '--bare', server);
  repository.must('-C', server, 'config', 'receive.certNonceSeed', 'seed');
  repository.must('-C', server, 'config', 'receive.advertisePushOptions', 'true');
  for (const key of ['gpg.format', 'gpg.x509.program']) {
    repository.must('-C', server, 'config', key, repository.must('config', key));
  }
  writeFileSync(join(server, 'hooks/post-receive'), HOOK, { mode: 0o755 });
});

async function push(branch: string, more: Record<string, string>, ...args: string[]) {
  writeFileSync(seen, '');
  repository.must('-c', 'commit.gpgSign=false', 'commit', '-q', '--allow-empty', '-m', branch);
  const options = { env: { ...env, ...more } };
  const ran = await repository.gitMeanwhile(options, ...args, server, `HEAD:refs/heads/${branch}`);
  return { ...ran, seen: readFileSync(seen, 'latin1') };
}

describe('git push --signed', () => {
  it('the server verifies the certificate with its nonce, its options and its refs', async () => {
    const ran = await push('one', {}, 'push', '--signed', '-o', 'ci.skip');
    expect(ran.exit, ran.err).toBe(0);
    expect(ran.seen).toMatch(/^[GU] OK .*alice@example\.test.*\ncertificate version 0\.1\npusher /);
    expect(ran.seen).toMatch(
      /\npushee .*server\.git\nnonce \d+-[0-9a-f]+\npush-option ci\.skip\n\n0{40} [0-9a-f]{40} refs\/heads\/one\n-----BEGIN SIGNED MESSAGE-----\n/,
    );
  });

  it('a certificate embeds its log entry in the online mode too, because no name finds it', async () => {
    const ran = await push('two', { SIGNET_REKOR_MODE: 'online' }, 'push', '--signed');
    expect(ran.exit, ran.err).toBe(0);
    expect(ran.seen).toMatch(/^[GU] OK /);
  });

  it('the ledger knows the log entry of a push, as of a commit', async () => {
    const leaves = () =>
      globSync(join(repository.home, '**/ledger.jsonl')).flatMap((file) => {
        const lines = readFileSync(file, 'utf8').trim().split('\n');
        return lines.filter((line) => line.includes('alice@example.test'));
      });
    const before = leaves().length;
    const ran = await push('ledger', {}, 'push', '--signed');
    expect(ran.exit, ran.err).toBe(0);
    expect(leaves()).toHaveLength(before + 1);
  });

  it('signet.publishIdentity = no signs no push, and nothing is pushed (K4)', async () => {
    const ran = await push('private', { SIGNET_PUBLISH_IDENTITY: 'no' }, 'push', '--signed');
    expect(ran.exit).not.toBe(0);
    expect(ran.err).toContain('failed to sign the push certificate');
    expect(ran.seen).toBe('');
  });

  it('push.gpgSign = if-asked signs for a server that asks', async () => {
    const ran = await push('three', {}, '-c', 'push.gpgSign=if-asked', 'push');
    expect(ran.exit, ran.err).toBe(0);
    expect(ran.seen).toMatch(/^[GU] OK /);
  });

  it('a certificate that names no pusher is not signed, and nothing is pushed (K3)', async () => {
    const ran = await push('four', {}, '-c', 'user.signingKey=', 'push', '--signed');
    expect(ran.exit).not.toBe(0);
    expect(ran.err).toContain('failed to sign the push certificate');
    expect(repository.git('-C', server, 'rev-parse', '-q', '--verify', 'four').exit).not.toBe(0);
  });
});
