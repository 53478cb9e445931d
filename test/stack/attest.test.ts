/**
 * Statements on real servers, from `attest` to a clone that verifies them. cosign reads the same bundles. What the real
 * gitsign attests is shown as what it is.
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ChildOptions } from '../../src/sandbox/environment.ts';
import { runMeanwhile } from '../support/git-repository.ts';
import { peer, run } from '../support/peers.ts';
import {
  ALICE,
  allow,
  BOB,
  executable,
  type StackRepository,
  stack,
  stackRepository,
  tokenOf,
  who,
} from '../support/stack.ts';

const cosign = peer('cosign');
const gitsign = peer('gitsign');
const PUSH = 'refs/attestations/*:refs/attestations/*';
const FETCH = '+refs/attestations/*:refs/attestations-from/origin/*';
const FETCHED = 'refs/attestations-from/origin/commits';
const TYPE = 'https://in-toto.io/attestation/test-result/v0.1';
const WRITERS = 20;
/** No server is asked for anything. */
const NOWHERE = 'http://127.0.0.1:9';
const ALONE = {
  GITSIGN_REKOR_URL: NOWHERE,
  GITSIGN_FULCIO_URL: NOWHERE,
  GITSIGN_OIDC_ISSUER: NOWHERE,
};

/** Attests HEAD as a program of its own. */
async function attest(repository: StackRepository, options: ChildOptions, run = 0) {
  const predicate = join(repository.home, `result-${run}.json`);
  const configuration = [{ uri: `https://ci.example.test/runs/${run}` }];
  writeFileSync(predicate, JSON.stringify({ result: 'PASSED', configuration }));
  const env = repository.environment({ ...options, token: await tokenOf() });
  return repository.signet(['attest', '--type', 'test-result', '--predicate', predicate], env);
}

/** Verifies the statements about HEAD of a repository or its clone, with no server within reach. */
async function verify(repository: StackRepository, signer = ALICE, cwd = repository.path) {
  const args = ['verify-attestation', ...allow(signer), '--format', 'jsonl', 'HEAD'];
  const env = { ...repository.env, ...repository.environment(), ...ALONE };
  const { exit, out, err } = await runMeanwhile(executable.program, args, { cwd, env });
  const results = out.split('\n').filter(Boolean);
  return { exit, err, results: results.map((line) => JSON.parse(line)) };
}

/** Pushes commits and statements to a new bare repository, and clones it with the documented refspec. */
function cloneOf({ home, must }: StackRepository): string {
  const [bare, clone] = [join(home, 'bare.git'), join(home, 'clone')];
  must('init', '-q', '--bare', bare);
  must('push', '-q', bare, 'HEAD:refs/heads/main', PUSH);
  must('clone', '-q', '-b', 'main', bare, clone);
  must('-C', clone, 'fetch', '-q', 'origin', FETCH);
  return clone;
}

/** Stores a changed bundle in place of the one that the clone has fetched. */
function replace({ gitWith, must }: StackRepository, clone: string, bundle: Buffer): void {
  const put = (input: Buffer, ...args: string[]): string =>
    gitWith({ input }, '-C', clone, ...args).out.trim();
  const blob = put(bundle, 'hash-object', '-w', '--stdin');
  const listed = must('-C', clone, 'ls-tree', '-r', FETCHED);
  const [, id = '', name = ''] = /\t([0-9a-f]{40})\/(\S+)$/.exec(listed) ?? [];
  const files = put(Buffer.from(`100644 blob ${blob}\t${name}\n`), 'mktree');
  const tree = put(Buffer.from(`040000 tree ${files}\t${id}\n`), 'mktree');
  const person = ['-c', 'user.name=Mallory', '-c', 'user.email=mallory@example.test'];
  const commit = must('-C', clone, ...person, 'commit-tree', tree, '-m', 'x');
  must('-C', clone, 'update-ref', FETCHED, commit);
}

/** Returns the bundle with one bit changed in a field, which is base64. */
function flipped(bundle: string, field: (json: ReturnType<typeof JSON.parse>) => [object, string]) {
  const json = JSON.parse(bundle);
  const [holder, name] = field(json);
  const bytes = Buffer.from(Reflect.get(holder, name), 'base64');
  const at = bytes.length - 3;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  Reflect.set(holder, name, bytes.toString('base64'));
  return Buffer.from(JSON.stringify(json));
}

describe.each<[string, ChildOptions, string]>([
  ['Rekor v1', {}, 'dsse 0.0.1'],
  ['Rekor v2 with a timestamp', { rekorVersion: 2 }, 'hashedrekord 0.0.2'],
])('git signet attest on %s', (_name, options, kindVersion) => {
  it('a clone verifies the fetched statement offline, and refuses it if one byte differs', async () => {
    const repository = stackRepository(executable);
    const id = await repository.commit('a change', options);
    const { exit, err } = await attest(repository, options);
    expect(exit, err).toBe(0);
    const clone = cloneOf(repository);
    const good = await verify(repository, ALICE, clone);
    expect([good.exit, good.results], good.err).toMatchObject([
      0,
      [{ status: 'verified', objectId: id, predicate: { result: 'PASSED' } }],
    ]);
    expect((await verify(repository, BOB, clone)).exit).toBe(6);

    const { must } = repository;
    const [, file = ''] = must('-C', clone, 'ls-tree', '-r', FETCHED).split('\t');
    const bundle = must('-C', clone, 'cat-file', 'blob', `${FETCHED}:${file}`);
    const [entry] = JSON.parse(bundle).verificationMaterial.tlogEntries;
    const { kind, version } = entry.kindVersion;
    expect(`${kind} ${version}`).toBe(kindVersion);
    for (const field of [
      (json) => [json.dsseEnvelope, 'payload'],
      (json) => [json.dsseEnvelope.signatures[0], 'sig'],
      (json) => [json.verificationMaterial.certificate, 'rawBytes'],
      (json) => [json.verificationMaterial.tlogEntries[0], 'canonicalizedBody'],
    ] satisfies Parameters<typeof flipped>[1][]) {
      replace(repository, clone, flipped(bundle, field));
      const changed = await verify(repository, ALICE, clone);
      expect([changed.exit, changed.results]).toMatchObject([1, [{ status: 'refused' }]]);
    }
    replace(repository, clone, Buffer.from(bundle));
    expect((await verify(repository, ALICE, clone)).exit).toBe(0);
  });

  it.skipIf(cosign === undefined)(
    'cosign accepts the stored bundle for its commit, type and signer alone',
    async () => {
      const repository = stackRepository(executable);
      const id = await repository.commit('a change', options);
      expect((await attest(repository, options)).exit).toBe(0);
      const ref = 'refs/attestations/commits';
      const file = repository.must('ls-tree', '-r', '--name-only', ref);
      const bundle = repository.must('cat-file', 'blob', `${ref}:${file}`);
      const { home } = repository;
      writeFileSync(join(home, 'good.json'), bundle);
      const changed = flipped(bundle, (json) => [json.dsseEnvelope, 'payload']);
      writeFileSync(join(home, 'changed.json'), changed);
      const wants = { name: 'good', digest: id, type: TYPE, signer: ALICE };
      const code = async (other: Partial<typeof wants> = {}): Promise<number | null> => {
        const { name, digest, type, signer } = { ...wants, ...other };
        const args = [
          ...['verify-blob-attestation', '--bundle', `${name}.json`, '--type', type],
          ...['--trusted-root', stack.files.trustedRoot, ...who(signer)],
          ...(options.rekorVersion === 2 ? ['--use-signed-timestamps'] : []),
          ...['--digest', digest, '--digestAlg', 'gitCommit'],
        ];
        return (await run(cosign ?? '', args, { cwd: home })).code;
      };
      expect(await code()).toBe(0);
      expect(await code({ name: 'changed' })).not.toBe(0);
      expect(await code({ digest: 'b'.repeat(40) })).not.toBe(0);
      expect(await code({ type: 'https://example.test/other/v1' })).not.toBe(0);
      expect(await code({ signer: BOB })).not.toBe(0);
    },
  );

  it(`none of ${WRITERS} statements is lost if as many programs write at once (Y1)`, async () => {
    const repository = stackRepository(executable);
    await repository.commit('a change', options);
    const writers = Array.from({ length: WRITERS }, (_, run) => attest(repository, options, run));
    for (const { exit, err } of await Promise.all(writers)) expect(exit, err).toBe(0);
    const { exit, results } = await verify(repository);
    expect([exit, results.length]).toEqual([0, WRITERS]);
    const uris = results.map(({ predicate }) => predicate.configuration[0].uri);
    expect(new Set(uris).size).toBe(WRITERS);
  });
});

it('Rekor v1 records digests of a statement, and keeps none of its content', async () => {
  const repository = stackRepository(executable);
  await repository.commit('a change');
  expect((await attest(repository, {})).exit).toBe(0);
  const ref = 'refs/attestations/commits';
  const file = repository.must('ls-tree', '-r', '--name-only', ref);
  const bundle = JSON.parse(repository.must('cat-file', 'blob', `${ref}:${file}`));
  const [{ logIndex }] = bundle.verificationMaterial.tlogEntries;
  const answer = await fetch(`${stack.urls.rekor}/api/v1/log/entries?logIndex=${logIndex}`);
  const [entry] = Object.values((await answer.json()) as Record<string, { body: string }>);
  expect(Object.keys(entry ?? {})).not.toContain('attestation');
  const { kind, spec } = JSON.parse(Buffer.from(entry?.body ?? '', 'base64').toString());
  const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64');
  const digest = createHash('sha256').update(payload).digest('hex');
  expect([kind, spec.payloadHash]).toEqual(['dsse', { algorithm: 'sha256', value: digest }]);
  expect(Object.keys(spec).toSorted()).toEqual(['envelopeHash', 'payloadHash', 'signatures']);
});

/** Serves Rekor over TLS, because `gitsign attest` speaks nothing else. Returns its address and certificate. */
async function overTls(home: string) {
  const at = (name: string): string => join(home, name);
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const files = ['-keyout', at('tls.key'), '-out', at('tls.pem'), '-days', '1'];
  execFileSync('openssl', ['req', '-x509', ...key, ...files, ...subject], { stdio: 'ignore' });
  const { hostname, port } = new URL(stack.urls.rekor);
  const pair = { key: readFileSync(at('tls.key')), cert: readFileSync(at('tls.pem')) };
  const server = createServer(pair, (asked, answer) => {
    const { method, headers, url: path } = asked;
    const passed = request({ hostname, port, method, headers, path }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    asked.pipe(passed);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, certificate: at('tls.pem'), close: () => server.close() };
}

describe.skipIf(gitsign === undefined)('gitsign attest', () => {
  it('its statement is undecided, and one of ours beside it is still verified (Y4)', async () => {
    const repository = stackRepository(executable);
    await repository.commit('a change');
    const rekor = await overTls(repository.home);
    try {
      const predicate = join(repository.home, 'predicate.json');
      writeFileSync(predicate, JSON.stringify({ result: 'PASSED', configuration: [] }));
      const cache = join(repository.home, 'cache');
      mkdirSync(cache);
      const { code, stderr } = await run(
        gitsign ?? '',
        ['attest', '--objtype', 'commit', '--type', TYPE, '-f', predicate],
        {
          cwd: repository.path,
          env: {
            ...repository.env,
            ...repository.environment({ token: await tokenOf() }),
            GITSIGN_REKOR_URL: rekor.url,
            SSL_CERT_FILE: rekor.certificate,
          },
        },
      );
      expect(code, stderr).toBe(0);
    } finally {
      rekor.close();
    }
    const theirs = await verify(repository);
    expect([theirs.exit, theirs.results], theirs.err).toMatchObject([
      3,
      [{ status: 'undecided', code: 'statement-without-evidence' }],
    ]);
    expect((await attest(repository, {})).exit).toBe(0);
    const both = await verify(repository);
    expect(both.exit).toBe(0);
    expect(both.results.map(({ status }) => status).toSorted()).toEqual(['undecided', 'verified']);
  });
});
