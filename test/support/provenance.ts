/** A small release folder with its provenance, for tests that judge the bundle. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { provedFiles } from '../../scripts/packaging/provenance.ts';
import { sha256Of } from '../../scripts/packaging/released-file.ts';
import { signStatement } from '../../scripts/packaging/sign-statement.ts';
import { statement } from '../../scripts/packaging/statement.ts';
import type { Workflow } from '../../src/sandbox/oidc/identity-token.ts';
import { scratchDirectory } from './sandbox.ts';

export const RELEASING: Workflow = {
  repository: 'acme/git-signet',
  path: '.github/workflows/release.yml',
  ref: 'refs/tags/v1.2.3',
};
/** The name in the certificate of that workflow. */
export const RELEASER = `https://github.com/${RELEASING.repository}/${RELEASING.path}@${RELEASING.ref}`;

export interface Proved {
  readonly folder: string;
  readonly bundle: string;
  /** One file that the provenance is about, and a copy with another byte. */
  readonly file: string;
  readonly changed: string;
}

/** Signs the provenance of one file and its SHA256SUMS. `env` names servers, trust and token. */
export async function proved(env: Readonly<Record<string, string>>): Promise<Proved> {
  const folder = scratchDirectory('proved');
  const [file, sums, bundle] = ['app.tar.gz', 'SHA256SUMS', 'bundle.json'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const changed = join(scratchDirectory('changed'), 'app.tar.gz');
  writeFileSync(file, 'archive');
  writeFileSync(changed, 'Archive');
  writeFileSync(sums, `${sha256Of(file)}  app.tar.gz\n`);
  const release = {
    ...{ version: '1.2.3', out: folder, work: folder, dryRun: true, epoch: 0 },
    repository: 'https://forge.example/acme/git-signet',
    commit: 'a'.repeat(40),
  };
  const said = statement(release, provedFiles(release), {});
  const base = { HOME: folder, PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null' };
  writeFileSync(
    bundle,
    await signStatement(Buffer.from(JSON.stringify(said)), { ...base, ...env }),
  );
  return { folder, bundle, file, changed };
}

/** Arguments by which cosign judges the provenance of a file. */
export const cosignArguments = (
  { bundle }: Proved,
  trustedRoot: string,
  { identity, issuer }: { readonly identity: string; readonly issuer: string },
): readonly string[] => [
  ...['verify-blob-attestation', '--bundle', bundle, '--trusted-root', trustedRoot],
  ...['--type', 'slsaprovenance1', '--certificate-identity', identity],
  ...['--certificate-oidc-issuer', issuer],
];
