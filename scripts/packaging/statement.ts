/**
 * What the provenance of a release says: an in-toto Statement v1 with SLSA's build provenance v1 as its predicate, about
 * every file that SHA256SUMS lists and about SHA256SUMS itself. Pure: the same release says the same, byte for byte.
 */

import type { Release } from './step.ts';

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PREDICATE_TYPE = 'https://slsa.dev/provenance/v1';
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

export interface Statement {
  readonly _type: typeof STATEMENT_TYPE;
  readonly subject: readonly {
    readonly name: string;
    readonly digest: { readonly sha256: string };
  }[];
  readonly predicateType: typeof PREDICATE_TYPE;
  readonly predicate: {
    readonly buildDefinition: Readonly<Record<string, unknown>>;
    readonly runDetails: Readonly<Record<string, unknown>>;
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Who runs the build: GitHub's runner where its variables are there, else a person who follows the playbook. */
function builder(release: Release, env: Environment): Statement['predicate']['runDetails'] {
  const { GITHUB_ACTIONS, GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID } = env;
  if (GITHUB_ACTIONS !== 'true') return { builder: { id: playbook(release) } };
  const kind = env['RUNNER_ENVIRONMENT'] ?? 'self-hosted';
  const run = `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;
  return {
    builder: { id: `${GITHUB_SERVER_URL}/actions/runner/${kind}` },
    metadata: { invocationId: `${run}/attempts/${env['GITHUB_RUN_ATTEMPT'] ?? '1'}` },
  };
}

/** The document that says what the build does with its parameters, as of the released commit. */
const playbook = ({ repository, commit }: Release): string =>
  `${repository}/blob/${commit}/docs/releasing.md`;

/** The statement about files and their SHA-256 in hex. `env` says which machine builds. */
export function statement(
  release: Release,
  sums: ReadonlyMap<string, string>,
  env: Environment,
): Statement {
  const { version, repository, commit } = release;
  const subject = [...sums]
    .map(([name, sha256]) => ({ name, digest: { sha256 } }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    _type: STATEMENT_TYPE,
    subject,
    predicateType: PREDICATE_TYPE,
    predicate: {
      buildDefinition: {
        buildType: playbook(release),
        externalParameters: { command: `scripts/release ${version}`, repository, version },
        resolvedDependencies: [
          { uri: `git+${repository}@refs/tags/v${version}`, digest: { gitCommit: commit } },
        ],
      },
      runDetails: builder(release, env),
    },
  };
}
