import { expect, it } from 'vitest';
import { objectId } from '../../src/core/git/signed-object.ts';
import { verifyObject } from '../../src/core/verify.ts';
import { nodeCrypto as crypto } from '../../src/system/crypto.ts';
import { loadTrust } from '../../src/trust/load.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signRequest } from '../support/signing.ts';
import { commitPayload, withSignature } from '../support/verify-scenario.ts';

const sandbox = useSandbox();

it('a signature in no log is accepted under the option alone, whatever the policy says of it', async () => {
  const { settings } = await signRequest(sandbox());
  const trust = await loadTrust(settings, crypto);
  const payload = commitPayload({});
  const { armor } = await sandbox().issueSignature(Buffer.from(payload), {
    rekor: 'none',
    timestamp: true,
  });
  const raw = withSignature(payload, armor);
  const id = objectId(crypto, 'commit', raw, 'sha1');
  const object = { type: 'commit', id, raw, format: 'sha1' } as const;
  const context = { crypto, trust, now: Math.floor(Date.now() / 1000) };
  expect(await verifyObject(object, context)).toMatchObject({ code: 'log-entry-absent' });
  expect(await verifyObject(object, { ...context, unlogged: true })).toMatchObject({
    status: 'verified',
    times: [{ source: 'timestamp-authority' }],
  });
});
