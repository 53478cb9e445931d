/** The provenance of a release is one that cosign and sigstore-python accept, in a log of either kind. */

import { describe, expect, it } from 'vitest';
import { peer, run } from '../support/peers.ts';
import { cosignArguments, proved, RELEASER, RELEASING } from '../support/provenance.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const cosign = peer('cosign');
const python = peer('sigstore-python');
const signer = () => ({ identity: RELEASER, issuer: sandbox().urls.issuer });
const release = async (rekorVersion: 1 | 2) =>
  proved(
    sandbox().environment({
      rekorVersion,
      token: await sandbox().mintToken({ workflow: RELEASING }),
    }),
  );

describe.skipIf(cosign === undefined)('cosign verify-blob-attestation', () => {
  it.each([1, 2] as const)(
    'cosign accepts the provenance in a log of Rekor v%i, and refuses a changed file and another workflow',
    async (rekor) => {
      const made = await release(rekor);
      const { trustedRoot } = sandbox().files;
      const call = (file: string, identity = RELEASER) => {
        const args = cosignArguments(made, trustedRoot, { ...signer(), identity });
        return run(cosign ?? '', [...args, file], { cwd: made.folder });
      };
      const good = await call(made.file);
      expect([good.code, good.stderr]).toEqual([0, 'Verified OK\n']);
      const changed = await call(made.changed);
      expect([changed.code, changed.stderr]).toEqual([1, expect.stringMatching(/digest/)]);
      const other = await call(made.file, RELEASER.replace('release.yml', 'test.yml'));
      expect([other.code, other.stderr]).toEqual([
        1,
        expect.stringMatching(/failed to verify certificate identity/),
      ]);
    },
  );
});

describe.skipIf(python === undefined)('sigstore-python', () => {
  it.each([1, 2] as const)(
    'sigstore-python accepts the provenance in a log of Rekor v%i, and refuses a changed file and another workflow',
    async (rekor) => {
      const made = await release(rekor);
      const call = (file: string, identity = RELEASER) =>
        run(
          python ?? '',
          [
            ...['--trust-config', sandbox().files.clientTrustConfig, 'verify', 'identity'],
            ...['--bundle', made.bundle, '--cert-identity', identity],
            ...['--cert-oidc-issuer', sandbox().urls.issuer, file],
          ],
          { cwd: made.folder },
        );
      const good = await call(made.file);
      expect([good.code, good.stderr]).toEqual([0, `OK: ${made.file}\n`]);
      expect((await call(made.changed)).code).toBe(1);
      expect((await call(made.file, `${RELEASER}0`)).code).toBe(1);
    },
  );
});
