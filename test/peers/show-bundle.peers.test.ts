/** What `show --format bundle` writes, cosign accepts, with the artifact that `--artifact` writes beside it. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { scratchRepository } from '../support/git-repository.ts';
import { vectors } from '../support/gitsign-vectors.ts';
import { peer, run } from '../support/peers.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signer, signet } from '../support/verify-scenario.ts';

const cosign = peer('cosign');
const sandbox = useSandbox();
const recordedTrust = fileURLToPath(
  new URL('../vectors/gitsign/trust/trusted_root.json', import.meta.url),
);
const good = vectors.filter(
  ({ file, expected, format }) =>
    expected === 'valid' && format === 'sha1' && !/online|rewrapped|legacy\/02|tsa\/06/.test(file),
);

interface Trusting {
  readonly trustedRoot: string;
  readonly identity: string;
  readonly issuer: string;
}

/** cosign's verdict on the bundle of an object. */
async function verdict(repository: ReturnType<typeof scratchRepository>, id: string, by: Trusting) {
  const { path } = repository;
  const shown = await signet(repository, [
    ...['show', '--format', 'bundle', '--artifact', 'signed.der', id],
  ]);
  expect(shown.exit).toBe(0);
  writeFileSync(join(path, 'bundle.json'), shown.out);
  const call = (artifact: string) =>
    run(
      cosign ?? '',
      [
        ...['verify-blob', '--bundle', 'bundle.json', '--trusted-root', by.trustedRoot],
        ...['--certificate-identity', by.identity, '--certificate-oidc-issuer', by.issuer],
        ...(shown.out.includes('rfc3161Timestamps') ? ['--use-signed-timestamps'] : []),
        artifact,
      ],
      { cwd: path },
    );
  return { path, call };
}

describe.skipIf(cosign === undefined)('cosign verify-blob', () => {
  it.each(good.map(({ file }) => file))(
    'accepts %s, and not with another artifact',
    async (file) => {
      const repository = scratchRepository('cosign');
      const { type, raw } = vectors.find((one) => one.file === file)!;
      const id = repository.write(type, raw);
      const identity = file.includes('bob') ? 'bob@example.test' : 'alice@example.test';
      const by = { trustedRoot: recordedTrust, identity, issuer: 'http://127.0.0.1:18808' };
      const { path, call } = await verdict(repository, id, by);
      const accepted = await call('signed.der');
      expect([accepted.code, accepted.stderr]).toEqual([0, 'Verified OK\n']);
      const changed = readFileSync(join(path, 'signed.der'));
      changed[changed.length - 1]! ^= 1;
      writeFileSync(join(path, 'changed.der'), changed);
      expect((await call('changed.der')).code).not.toBe(0);
    },
  );

  it.each([1, 2] as const)('accepts what the sandbox’s Rekor v%i logged', async (rekor) => {
    const repository = scratchRepository('cosign');
    const make = signer(repository, sandbox());
    const id = await make.commit({}, { rekor, timestamp: rekor === 2 });
    const { trustedRoot } = sandbox().files;
    const issuer = sandbox().urls.issuer;
    const { call } = await verdict(repository, id, {
      ...{ trustedRoot, issuer, identity: 'alice@example.test' },
    });
    const accepted = await call('signed.der');
    expect([accepted.code, accepted.stderr]).toEqual([0, 'Verified OK\n']);
    const bob = await verdict(repository, id, {
      trustedRoot,
      issuer,
      identity: 'bob@example.test',
    });
    expect((await bob.call('signed.der')).code).not.toBe(0);
  });
});
