import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openPolicyBlobs } from '../../../src/gate/policy/blobs.ts';
import { openRepository } from '../../../src/git/repository.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';

import { scratchRepository } from '../../support/git-repository.ts';

const POLICY =
  'version: 1\nsigners: [{name: alice, identity: alice@example.test, issuer: https://i}]\n';

it('a policy over budget in a commit is refused before it is built (P23)', async () => {
  const { path, env, must } = scratchRepository('policy-blobs');
  const blobOf = (text: string): string => {
    writeFileSync(join(path, 'policy'), text);
    return must('hash-object', '-w', 'policy');
  };
  const repository = await openRepository(path, env);
  const blobs = openPolicyBlobs(repository, '.signet.yaml', nodeCrypto);
  try {
    const padded = POLICY.padEnd(64 * 1024, '#');
    expect(await blobs.policy(blobOf(padded))).toMatchObject({ rules: [{ name: 'alice' }] });
    expect(await blobs.policy(blobOf(`${padded}#`))).toBeUndefined();
    expect(await blobs.policy(blobOf(`${POLICY}roles: {x: ${'['.repeat(60_000)}`))).toBeUndefined();
    expect(await blobs.policy(blobOf('['.repeat(4 * 1024 * 1024)))).toBeUndefined();
  } finally {
    repository.objects.close();
  }
});
