/** The provenance of a release, signed in a sandbox whose logs are of both kinds. */

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkSubjects, verifiedStatement } from '../../scripts/packaging/check-provenance.ts';
import { checkFolder } from '../../scripts/packaging/check-release.ts';
import { provedFiles, provenanceName } from '../../scripts/packaging/provenance.ts';
import {
  preAuthenticationEncoding,
  signStatement,
} from '../../scripts/packaging/sign-statement.ts';
import { statement } from '../../scripts/packaging/statement.ts';
import { scratchDirectory, useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const out = scratchDirectory('release');
const version = '1.2.3';
const release = {
  ...{ version, out, work: out, dryRun: true, epoch: 0 },
  repository: 'https://forge.example/acme/git-signet',
  commit: 'a'.repeat(40),
};
const workflow = {
  repository: 'acme/git-signet',
  path: '.github/workflows/release.yml',
  ref: 'refs/tags/v1.2.3',
};
const identity =
  'https://github.com/acme/git-signet/.github/workflows/release.yml@refs/tags/v1.2.3';
const signer = () => ({ identity, issuer: sandbox().urls.issuer });
const trust = () => readFileSync(sandbox().files.trustedRoot, 'utf8');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const FILES = { 'git-signet-1.2.3-linux-x64.tar.gz': 'archive', 'npm/git-signet.tgz': 'package' };

async function bundle(rekorVersion: 1 | 2): Promise<string> {
  const token = await sandbox().mintToken({ workflow });
  const payload = Buffer.from(JSON.stringify(statement(release, provedFiles(release), {})));
  return signStatement(payload, {
    HOME: out,
    PATH: process.env['PATH'],
    GIT_CONFIG_GLOBAL: '/dev/null',
    ...sandbox().environment({ rekorVersion, token }),
  });
}

beforeAll(async () => {
  mkdirSync(join(out, 'npm'));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(out, name), text);
  const sums = Object.entries(FILES).map(([name, text]) => `${sha256(text)}  ${name}\n`);
  writeFileSync(join(out, 'SHA256SUMS'), sums.join(''));
  writeFileSync(join(out, provenanceName(version)), await bundle(1));
});
afterAll(() => rmSync(out, { recursive: true }));

/** The bundle with one character of its payload changed. */
function withOtherPayload(text: string): string {
  const json = JSON.parse(text);
  const payload = Buffer.from(json.dsseEnvelope.payload, 'base64').toString();
  json.dsseEnvelope.payload = Buffer.from(payload.replace('1.2.3', '1.2.4')).toString('base64');
  return JSON.stringify(json);
}

describe('the statement', () => {
  it('it names every listed file, the list itself, the commit and the playbook', () => {
    const { subject, predicate } = statement(release, provedFiles(release), {});
    expect(subject.map(({ name }) => name)).toEqual([
      'SHA256SUMS',
      'git-signet-1.2.3-linux-x64.tar.gz',
      'npm/git-signet.tgz',
    ]);
    expect(subject[1]?.digest).toEqual({ sha256: sha256('archive') });
    expect(predicate.buildDefinition['resolvedDependencies']).toEqual([
      {
        uri: 'git+https://forge.example/acme/git-signet@refs/tags/v1.2.3',
        digest: { gitCommit: release.commit },
      },
    ]);
  });

  it('on GitHub the builder is the runner, and the run can be found', () => {
    const { runDetails } = statement(release, new Map(), {
      GITHUB_ACTIONS: 'true',
      GITHUB_SERVER_URL: 'https://forge.example',
      GITHUB_REPOSITORY: 'acme/git-signet',
      GITHUB_RUN_ID: '7',
      GITHUB_RUN_ATTEMPT: '2',
      RUNNER_ENVIRONMENT: 'github-hosted',
    }).predicate;
    expect(runDetails).toEqual({
      builder: { id: 'https://forge.example/actions/runner/github-hosted' },
      metadata: {
        invocationId: 'https://forge.example/acme/git-signet/actions/runs/7/attempts/2',
      },
    });
  });

  it('what is signed is the envelope’s type and payload, each after its length', () => {
    // the example of github.com/secure-systems-lab/dsse/blob/master/protocol.md
    const encoded = preAuthenticationEncoding(
      'http://example.com/HelloWorld',
      Buffer.from('hello world'),
    );
    expect(Buffer.from(encoded).toString()).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
  });
});

describe.each([1, 2] as const)('the provenance in a log of Rekor v%i', (rekor) => {
  let made = '';
  beforeAll(async () => {
    made = await bundle(rekor);
  });

  it('it holds for the workflow that signed', () => {
    const said = verifiedStatement(made, trust(), signer());
    expect(() => checkSubjects(said, provedFiles(release))).not.toThrow();
  });

  it('it is refused after one character of the statement is changed', () => {
    expect(() => verifiedStatement(withOtherPayload(made), trust(), signer())).toThrow(
      /the bundle does not hold/,
    );
  });

  it.each([
    ['another workflow', { identity: identity.replace('release.yml', 'test.yml') }],
    ['a name that begins with the expected one', { identity: identity.slice(0, -1) }],
    ['a pattern that the name matches', { identity: '.*' }],
    ['another issuer', { issuer: 'https://issuer.example' }],
  ])('it is refused where %s is expected', (_, other) => {
    expect(() => verifiedStatement(made, trust(), { ...signer(), ...other })).toThrow(
      /^it is signed by https:/,
    );
  });

  it('it is refused without anything that vouches for its time', () => {
    const json = JSON.parse(made);
    const { verificationMaterial: material } = json;
    material.timestampVerificationData = { rfc3161Timestamps: [] };
    for (const entry of material.tlogEntries) delete entry.inclusionPromise;
    expect(() => verifiedStatement(JSON.stringify(json), trust(), signer())).toThrow(
      /the bundle does not hold/,
    );
  });

  it('it is refused without the log that it is in', () => {
    const root = JSON.parse(trust());
    const tlogs = [root.tlogs[rekor === 1 ? 1 : 0]];
    expect(() => verifiedStatement(made, JSON.stringify({ ...root, tlogs }), signer())).toThrow(
      /the bundle does not hold/,
    );
  });
});

describe('checkFolder', () => {
  const check = () => checkFolder(out, trust(), signer()).files;

  it('a whole download is good, and so is a part of it', () => {
    expect(check()).toEqual(['SHA256SUMS', ...Object.keys(FILES)]);
    rmSync(join(out, 'npm/git-signet.tgz'));
    expect(check()).toEqual(['SHA256SUMS', 'git-signet-1.2.3-linux-x64.tar.gz']);
    writeFileSync(join(out, 'npm/git-signet.tgz'), 'package');
  });

  it('a file that a forge serves without its folder is good, and judged like the others', () => {
    renameSync(join(out, 'npm/git-signet.tgz'), join(out, 'git-signet.tgz'));
    expect(check()).toContain('git-signet.tgz');
    writeFileSync(join(out, 'git-signet.tgz'), 'another package');
    expect(check).toThrow('git-signet.tgz is not the file that SHA256SUMS lists');
    rmSync(join(out, 'git-signet.tgz'));
    writeFileSync(join(out, 'npm/git-signet.tgz'), 'package');
  });

  it('a changed byte of a file is refused, also where SHA256SUMS was changed with it', () => {
    const [file] = Object.keys(FILES) as [string];
    const sums = readFileSync(join(out, 'SHA256SUMS'), 'utf8');
    writeFileSync(join(out, file), 'Archive');
    expect(check).toThrow(`${file} is not the file that SHA256SUMS lists`);
    writeFileSync(join(out, 'SHA256SUMS'), sums.replace(sha256('archive'), sha256('Archive')));
    expect(check).toThrow('SHA256SUMS is not the file that it is about');
    writeFileSync(join(out, file), 'archive');
    writeFileSync(join(out, 'SHA256SUMS'), sums);
    expect(check()).toHaveLength(3);
  });

  it('a file that is not of the release is refused', () => {
    writeFileSync(join(out, 'install.sh'), 'exit');
    expect(check).toThrow('SHA256SUMS does not list install.sh');
    rmSync(join(out, 'install.sh'));
  });

  it('a link is judged by what it leads to', () => {
    const elsewhere = join(scratchDirectory('elsewhere'), 'package');
    writeFileSync(elsewhere, 'another package');
    rmSync(join(out, 'npm/git-signet.tgz'));
    symlinkSync(elsewhere, join(out, 'npm/git-signet.tgz'));
    expect(check).toThrow('npm/git-signet.tgz is not the file that SHA256SUMS lists');
    rmSync(join(out, 'npm/git-signet.tgz'));
    writeFileSync(join(out, 'npm/git-signet.tgz'), 'package');
  });

  it('a folder without SHA256SUMS or without provenance is refused', () => {
    const bundleFile = join(out, provenanceName(version));
    const text = readFileSync(bundleFile, 'utf8');
    rmSync(bundleFile);
    expect(check).toThrow('does not hold SHA256SUMS and one provenance');
    writeFileSync(bundleFile, text);
  });
});
