/** What cosign says of statements that we sign. It reads them with `verify-blob-attestation`. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { signPayload } from '../../src/signing/sign.ts';
import { statementJson } from '../support/forge/statement.ts';
import type { Json } from '../support/forge.ts';
import { peer, run } from '../support/peers.ts';
import { scratchDirectory, useSandbox } from '../support/sandbox.ts';
import { type RequestOptions, signRequest } from '../support/signing.ts';

const cosign = peer('cosign');
const sandbox = useSandbox();
const HASH = 'a'.repeat(40);
const TYPE = 'https://example.test/predicate/v1';

/** Signs a statement about a commit, and returns how cosign ends with these claims about it. */
async function judged(options: RequestOptions) {
  const cwd = scratchDirectory('cosign');
  const json: Json = statementJson();
  json.subject[0].digest.gitCommit = HASH;
  const request = await signRequest(sandbox(), options);
  const { signature } = await signPayload(utf8(JSON.stringify(json)), request);
  writeFileSync(join(cwd, 'good.json'), signature);
  const changed = JSON.parse(signature);
  json.predicate = { verdict: 'bad' };
  changed.dsseEnvelope.payload = Buffer.from(JSON.stringify(json)).toString('base64');
  writeFileSync(join(cwd, 'changed.json'), JSON.stringify(changed));
  const good = { bundle: 'good', type: TYPE, hash: HASH, signer: 'alice@example.test' };
  return async (change: Partial<typeof good> = {}): Promise<number | null> => {
    const { bundle, type, hash, signer } = { ...good, ...change };
    const done = await run(
      cosign ?? '',
      [
        ...['verify-blob-attestation', '--bundle', `${bundle}.json`, '--type', type],
        ...['--trusted-root', sandbox().files.trustedRoot],
        ...['--certificate-identity', signer],
        ...['--certificate-oidc-issuer', sandbox().urls.issuer],
        ...(signature.includes('rfc3161Timestamps') ? ['--use-signed-timestamps'] : []),
        ...['--digest', hash, '--digestAlg', 'gitCommit'],
      ],
      { cwd },
    );
    return done.code;
  };
}

describe.skipIf(cosign === undefined)('cosign verify-blob-attestation', () => {
  it.each<[string, RequestOptions]>([
    ['Rekor v1', {}],
    ['Rekor v1 with a timestamp', { flags: { timestamp: 'always' } }],
    ['Rekor v2', { rekorVersion: 2 }],
  ])('accepts a statement on %s, and nothing that differs from it', async (_name, options) => {
    const code = await judged(options);
    expect(await code()).toBe(0);
    expect(await code({ hash: 'b'.repeat(40) })).toBe(1);
    expect(await code({ type: 'https://example.test/other/v1' })).toBe(1);
    expect(await code({ signer: 'bob@example.test' })).toBe(1);
    expect(await code({ bundle: 'changed' })).toBe(1);
  });
});
