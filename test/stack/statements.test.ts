/** Statements on real servers: both logs take them, we verify them, and cosign reads them. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { verifyStatement } from '../../src/core/statement/verify.ts';
import { parseTrustedRoot } from '../../src/core/trust/trusted-root.ts';
import type { ChildOptions } from '../../src/sandbox/environment.ts';
import { nodeCrypto as crypto } from '../../src/system/crypto.ts';
import { peer, run } from '../support/peers.ts';
import { ALICE, BOB, executable, stack, stackRepository, tokenOf, who } from '../support/stack.ts';

const cosign = peer('cosign');
const APPROVAL = 'urn:git-signet:approval:v1';

/** Approves a commit, and returns the stored bundle. */
async function approved(options: ChildOptions) {
  const repository = stackRepository(executable);
  await repository.commit('one', options);
  repository.must('branch', 'base');
  const head = await repository.commit('two', options);
  const env = repository.environment({ ...options, token: await tokenOf() });
  const { exit, err } = await repository.signet(
    ['approve', '--trusted-root', stack.files.trustedRoot, 'HEAD', '--for', 'refs/heads/base'],
    env,
  );
  expect(exit, err).toBe(0);
  const [file = ''] = repository
    .must('ls-tree', '-r', '--name-only', 'refs/attestations/commits')
    .split('\n');
  const bundle = repository.must('cat-file', 'blob', `refs/attestations/commits:${file}`);
  writeFileSync(join(repository.home, 'bundle.json'), bundle);
  return { head, bundle, home: repository.home };
}

describe.each<[string, ChildOptions, string]>([
  ['Rekor v1', {}, 'dsse 0.0.1'],
  ['Rekor v1 with a timestamp', { gitConfig: { 'signet.timestamp': 'always' } }, 'dsse 0.0.1'],
  ['Rekor v2 with a timestamp', { rekorVersion: 2 }, 'hashedrekord 0.0.2'],
])('a statement on %s', (_name, options, kindVersion) => {
  it('verifies here, and cosign accepts it for its commit and signer alone', async () => {
    const { head, bundle, home } = await approved(options);
    const trust = parseTrustedRoot(
      readFileSync(stack.files.trustedRoot, 'utf8'),
      'trusted_root.json',
      crypto,
    );
    const context = { crypto, trust, now: Math.floor(Date.now() / 1000) };
    expect((await verifyStatement(utf8(bundle), context)).verdict).toMatchObject({
      ...{ status: 'verified', signer: { value: ALICE }, logEntry: { kindVersion } },
    });
    if (cosign === undefined) return;
    const verify = async (digest: string, signer: string): Promise<number | null> => {
      const done = await run(
        cosign,
        [
          ...['verify-blob-attestation', '--bundle', 'bundle.json', '--type', APPROVAL],
          ...['--trusted-root', stack.files.trustedRoot, ...who(signer)],
          ...(bundle.includes('rfc3161Timestamps') ? ['--use-signed-timestamps'] : []),
          ...['--digest', digest, '--digestAlg', 'gitCommit'],
        ],
        { cwd: home },
      );
      return done.code;
    };
    expect(await verify(head, ALICE)).toBe(0);
    expect(await verify('b'.repeat(40), ALICE)).not.toBe(0);
    expect(await verify(head, BOB)).not.toBe(0);
  });
});
