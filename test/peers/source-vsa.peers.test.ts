/**
 * Signed verification summaries, read by programs that we did not write: cosign verifies the bundle, and in-toto's own Go
 * types read the statement, as consumers that are built on them do.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { peer, run } from '../support/peers.ts';
import { policyScene } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signet } from '../support/verify-scenario.ts';

const cosign = peer('cosign');
const reader = peer('vsa-reader/read');
const sandbox = useSandbox();
const REPOSITORY = 'https://git.example.test/team/parser';
let env: Record<string, string>;
beforeAll(async () => {
  env = { ...sandbox().env, SIGSTORE_ID_TOKEN: await sandbox().mintToken() };
});

async function signedSummary(name: string) {
  const { repository, commit, policy, file, branch, issuer } = policyScene(name, sandbox());
  const base = await commit({});
  const id = branch('main', await commit({ parents: [base], subject: 'a second change' }));
  const trust = ['--trusted-root', sandbox().files.trustedRoot, '--policy', file(policy())];
  const named = ['--repository-uri', `git+${REPOSITORY}`, '--format', 'vsa', '--attest'];
  const { out } = await signet(repository, ['verify', ...trust, ...named, `${base}..main`], {
    env,
  });
  const statement = Buffer.from(JSON.parse(out).dsseEnvelope.payload, 'base64').toString();
  return { repository, id, issuer, bundle: out, statement };
}

describe.skipIf(reader === undefined)("in-toto's Go types", () => {
  it('they read our summary, and no other commit, ref or repository', async () => {
    const { id, statement, repository } = await signedSummary('peer-types');
    const read = (args: readonly string[], input = statement) =>
      run(reader ?? '', args, { cwd: repository.path, input });
    const good = [id, 'refs/heads/main', REPOSITORY] as const;
    const { code, stdout } = await read(good);
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      {
        ...{
          type: 'https://slsa.dev/verification_summary/v1',
          verifier: 'urn:git-signet:verifier',
        },
        ...{ result: 'PASSED', levels: ['SLSA_SOURCE_LEVEL_1', 'ORG_SOURCE_SIGNED'] },
      },
    ]);
    expect((await read(['f'.repeat(40), good[1], good[2]])).code).toBe(1);
    expect((await read([id, 'refs/heads/release', good[2]])).code).toBe(1);
    expect((await read([id, good[1], `${REPOSITORY}-fork`])).code).toBe(1);
  });

  it('they refuse a predicate with a field that they do not know, so we write none', async () => {
    const { id, statement, repository } = await signedSummary('peer-strict');
    const made = JSON.parse(statement);
    made.predicate.verifier.version = { 'git-signet': '0.1.0' };
    const args = [id, 'refs/heads/main', REPOSITORY];
    const { code, stderr } = await run(reader ?? '', args, {
      ...{ cwd: repository.path, input: JSON.stringify(made) },
    });
    expect(code).toBe(1);
    expect(stderr).toContain('version');
  });
});

describe.skipIf(cosign === undefined)('cosign verify-blob-attestation', () => {
  it('it verifies our summary for the commit, and not for another commit or type', async () => {
    const { id, issuer, bundle, repository } = await signedSummary('peer-cosign');
    writeFileSync(join(repository.path, 'b.json'), bundle);
    const verify = (digest: string, type: string) =>
      run(
        cosign ?? '',
        [
          ...['verify-blob-attestation', '--bundle', 'b.json', '--type', type],
          ...['--trusted-root', sandbox().files.trustedRoot],
          ...['--certificate-identity', 'alice@example.test', '--certificate-oidc-issuer', issuer],
          ...['--digest', digest, '--digestAlg', 'gitCommit'],
        ],
        { cwd: repository.path },
      );
    const type = 'https://slsa.dev/verification_summary/v1';
    expect(await verify(id, type)).toMatchObject({ code: 0 });
    expect((await verify('f'.repeat(40), type)).code).not.toBe(0);
    expect((await verify(id, 'https://slsa.dev/provenance/v1')).code).not.toBe(0);
  });
});
