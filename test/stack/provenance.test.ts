/** The provenance of a release in real logs: Rekor v1 takes the envelope, Rekor v2 what was signed, cosign judges both. */

import { describe, expect, it } from 'vitest';
import { childEnvironment } from '../../src/sandbox/environment.ts';
import { peer, run } from '../support/peers.ts';
import { cosignArguments, proved, RELEASER, RELEASING } from '../support/provenance.ts';
import { stack, workflowToken } from '../support/stack.ts';

const cosign = peer('cosign');

describe.skipIf(cosign === undefined)('the provenance of a release', () => {
  it.each([1, 2] as const)(
    'a real Rekor v%i logs it, cosign accepts it and refuses a changed file',
    async (rekorVersion) => {
      const token = await workflowToken(RELEASING);
      const made = await proved({
        ...childEnvironment(stack.urls, stack.files, { rekorVersion, token }),
        SIGNET_ISSUER: stack.urls.workflowIssuer,
      });
      const signer = { identity: RELEASER, issuer: stack.urls.workflowIssuer };
      const args = cosignArguments(made, stack.files.trustedRoot, signer);
      const call = (file: string) => run(cosign ?? '', [...args, file], { cwd: made.folder });
      const good = await call(made.file);
      expect([good.code, good.stderr]).toEqual([0, 'Verified OK\n']);
      expect((await call(made.changed)).code).toBe(1);
    },
  );
});
