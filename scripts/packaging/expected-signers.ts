/**
 * Who must have signed a release: its tag and its provenance. In a dry run that is the sandbox's first person. In GitHub
 * Actions the provenance is the workflow's own. Everything else is said by the one who releases.
 */

import type { ExpectedSigner } from './check-provenance.ts';
import { StepError } from './step.ts';

export interface Signers {
  readonly tag: ExpectedSigner;
  readonly provenance: ExpectedSigner;
}

type Environment = Readonly<Record<string, string | undefined>>;

const ACTIONS_ISSUER = 'https://token.actions.githubusercontent.com';

/** The signer that two variables name: RELEASE_TAG_IDENTITY and RELEASE_TAG_ISSUER, for example. */
function named(env: Environment, what: 'TAG' | 'PROVENANCE'): ExpectedSigner | undefined {
  const [identity, issuer] = [env[`RELEASE_${what}_IDENTITY`], env[`RELEASE_${what}_ISSUER`]];
  return identity && issuer ? { identity, issuer } : undefined;
}

function workflow({ GITHUB_SERVER_URL, GITHUB_WORKFLOW_REF }: Environment): ExpectedSigner {
  return { identity: `${GITHUB_SERVER_URL}/${GITHUB_WORKFLOW_REF}`, issuer: ACTIONS_ISSUER };
}

/** @throws StepError where nothing says who may sign */
export function expectedSigners(dryRun: boolean, env: Environment): Signers {
  if (dryRun) {
    const person = { identity: 'alice@example.test', issuer: env['GITSIGN_OIDC_ISSUER'] ?? '' };
    return { tag: person, provenance: person };
  }
  const tag = named(env, 'TAG');
  if (tag === undefined) {
    throw new StepError(
      'nothing says who may sign the tag of a release',
      'set RELEASE_TAG_IDENTITY and RELEASE_TAG_ISSUER (docs/releasing.md)',
    );
  }
  const actions = env['GITHUB_ACTIONS'] === 'true' ? workflow(env) : tag;
  return { tag, provenance: named(env, 'PROVENANCE') ?? actions };
}
