/**
 * The Sigstore of a dry run: the program's own sandbox on loopback, with the workflow that publishes and the person who
 * tags as its users. Its state lies in the work folder, so every step of one release meets the same keys.
 */

import { join } from 'node:path';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import type { ExpectedSigner } from './check-provenance.ts';
import type { Release } from './step.ts';

/** Where the sandbox of a dry run keeps its trust root. It is there once a step has signed. */
export const rehearsalTrust = ({ work }: Pick<Release, 'work'>): string =>
  join(work, 'sandbox', 'trusted_root.json');

const workflowOf = (release: Release) => ({
  repository: new URL(release.repository).pathname.slice(1),
  path: '.github/workflows/release.yml',
  ref: `refs/tags/v${release.version}`,
  sha: release.commit,
});

export interface Rehearsal {
  readonly sandbox: Sandbox;
  /** The environment of the workflow, which signs the provenance. */
  readonly workflow: Readonly<Record<string, string | undefined>>;
  readonly signer: ExpectedSigner;
  /** The environment of a person, who signs the tag. */
  readonly person: (email: string) => Promise<Readonly<Record<string, string | undefined>>>;
}

/** Runs something while the sandbox of a dry run is up. */
export async function rehearsed<T>(
  release: Release,
  during: (rehearsal: Rehearsal) => Promise<T>,
): Promise<T> {
  const sandbox = await startSandbox({ dir: join(release.work, 'sandbox') });
  const workflow = workflowOf(release);
  const { repository, path, ref } = workflow;
  // what the machine's own user has configured must not decide in a rehearsal
  const base = {
    PATH: process.env['PATH'],
    HOME: sandbox.dir,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
  };
  try {
    const token = await sandbox.mintToken({ workflow });
    return await during({
      sandbox,
      workflow: { ...base, ...sandbox.environment({ token }) },
      signer: {
        identity: `https://github.com/${repository}/${path}@${ref}`,
        issuer: sandbox.urls.issuer,
      },
      person: async (email) => ({
        ...base,
        ...sandbox.environment({ token: await sandbox.mintToken({ email }) }),
      }),
    });
  } finally {
    await sandbox.close();
  }
}
