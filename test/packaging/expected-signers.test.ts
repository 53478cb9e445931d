import { describe, expect, it } from 'vitest';
import { expectedSigners } from '../../scripts/packaging/expected-signers.ts';
import { StepError } from '../../scripts/packaging/step.ts';

const TAG = {
  RELEASE_TAG_IDENTITY: 'maintainer@example.test',
  RELEASE_TAG_ISSUER: 'https://accounts.example.test',
};
const ACTIONS = {
  GITHUB_ACTIONS: 'true',
  GITHUB_SERVER_URL: 'https://forge.example',
  GITHUB_WORKFLOW_REF: 'acme/git-signet/.github/workflows/release.yml@refs/tags/v1.2.3',
};
const maintainer = { identity: 'maintainer@example.test', issuer: 'https://accounts.example.test' };

describe('expectedSigners', () => {
  it('a dry run expects the sandbox’s person, whatever the environment names', () => {
    const env = { ...TAG, ...ACTIONS, GITSIGN_OIDC_ISSUER: 'http://127.0.0.1:1' };
    const alice = { identity: 'alice@example.test', issuer: 'http://127.0.0.1:1' };
    expect(expectedSigners(true, env)).toEqual({ tag: alice, provenance: alice });
  });

  it('in GitHub Actions the provenance is the workflow’s and the tag the maintainer’s', () => {
    expect(expectedSigners(false, { ...TAG, ...ACTIONS })).toEqual({
      tag: maintainer,
      provenance: {
        identity:
          'https://forge.example/acme/git-signet/.github/workflows/release.yml@refs/tags/v1.2.3',
        issuer: 'https://token.actions.githubusercontent.com',
      },
    });
  });

  it('by hand the provenance is by the person who tags, unless another one is named', () => {
    expect(expectedSigners(false, TAG).provenance).toEqual(maintainer);
    const builder = {
      RELEASE_PROVENANCE_IDENTITY: 'builder@example.test',
      RELEASE_PROVENANCE_ISSUER: 'https://ci.example.test',
    };
    expect(expectedSigners(false, { ...TAG, ...builder }).provenance).toEqual({
      identity: 'builder@example.test',
      issuer: 'https://ci.example.test',
    });
  });

  it('a release without a named signer stops, and so does one with half a name', () => {
    for (const env of [{}, ACTIONS, { RELEASE_TAG_IDENTITY: 'maintainer@example.test' }]) {
      expect(() => expectedSigners(false, env)).toThrow(StepError);
    }
  });
});
