/**
 * Programs of others on the same real servers: they accept what we sign, find what we log, and refuse the nearest thing
 * that is wrong; and what gitsign signs there, we verify. What gitsign cannot read of ours stands in docs/limits.md.
 */

import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ChildOptions } from '../../src/sandbox/environment.ts';
import { peer, type Run, run } from '../support/peers.ts';
import {
  ALICE,
  allow,
  BOB,
  executable,
  judged,
  type StackRepository,
  stack,
  stackRepository,
  stackTool,
  tokenOf,
  who,
} from '../support/stack.ts';

interface Bundle {
  readonly messageSignature: { readonly signature: string };
  readonly verificationMaterial: {
    readonly certificate: { readonly rawBytes: string };
    readonly tlogEntries: readonly {
      readonly logIndex: string;
      readonly canonicalizedBody: string;
    }[];
    readonly timestampVerificationData?: {
      readonly rfc3161Timestamps: readonly { readonly signedTimestamp: string }[];
    };
  };
}

interface Exported {
  readonly home: string;
  readonly bundle: string;
  readonly artifact: string;
  readonly changed: string;
  readonly content: Bundle;
}

/** A signed commit as its bundle, what that is about, and the same with one bit changed. */
async function exported(options: ChildOptions): Promise<Exported> {
  const repository = stackRepository(executable);
  const id = await repository.commit('a change', options);
  const { home } = repository;
  const at = (name: string): string => join(home, name);
  const artifact = at('signed.der');
  const flags = ['show', '--format', 'bundle', '--artifact', artifact, id];
  const { out } = await repository.signet(flags);
  writeFileSync(at('bundle.json'), out);
  const bytes = readFileSync(artifact);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(at('changed.der'), bytes);
  const content = JSON.parse(out) as Bundle;
  return { home, artifact, bundle: at('bundle.json'), changed: at('changed.der'), content };
}

const kinds: readonly (readonly [string, ChildOptions])[] = [
  ['Rekor v1', {}],
  ['Rekor v1 with a timestamp', { gitConfig: { 'signet.timestamp': 'always' } }],
  ['Rekor v2 with a timestamp', { rekorVersion: 2 }],
];

describe.each(kinds)('a signature in %s', (kind, options) => {
  let made: Exported;
  beforeAll(async () => {
    made = await exported(options);
  });
  const timestamps = () =>
    made.content.verificationMaterial.timestampVerificationData?.rfc3161Timestamps ?? [];

  const cosign = peer('cosign');
  it.skipIf(cosign === undefined)('is accepted by cosign verify-blob', async () => {
    const verify = (artifact: string, signer: string): Promise<Run> =>
      run(
        cosign ?? '',
        [
          ...['verify-blob', '--bundle', made.bundle, '--trusted-root', stack.files.trustedRoot],
          ...(timestamps().length > 0 ? ['--use-signed-timestamps'] : []),
          ...[...who(signer), artifact],
        ],
        { cwd: made.home },
      );
    expect(await verify(made.artifact, ALICE)).toMatchObject({ code: 0, stderr: 'Verified OK\n' });
    expect((await verify(made.changed, ALICE)).code).not.toBe(0);
    expect((await verify(made.artifact, BOB)).code).not.toBe(0);
  });

  const python = peer('sigstore-python');
  it.skipIf(python === undefined)('is accepted by sigstore-python', async () => {
    const { clientTrustConfig } = stack.files;
    const verify = (artifact: string, signer: string): Promise<Run> =>
      run(
        python ?? '',
        [
          ...['--trust-config', clientTrustConfig, 'verify', 'identity', '--offline'],
          ...['--bundle', made.bundle, '--cert-identity', signer],
          ...['--cert-oidc-issuer', stack.urls.issuer, artifact],
        ],
        { cwd: made.home },
      );
    expect(await verify(made.artifact, ALICE)).toMatchObject({ code: 0 });
    expect((await verify(made.changed, ALICE)).code).not.toBe(0);
    expect((await verify(made.artifact, BOB)).code).not.toBe(0);
  });

  it('has a timestamp that openssl ts accepts, where it has one', async () => {
    for (const [index, { signedTimestamp }] of timestamps().entries()) {
      const answer = join(made.home, `${index}.tsr`);
      writeFileSync(answer, Buffer.from(signedTimestamp, 'base64'));
      const stamped = join(made.home, 'signature');
      const signature = Buffer.from(made.content.messageSignature.signature, 'base64');
      writeFileSync(stamped, signature);
      const { tsaChain } = stack.files;
      const check = (data: string): Promise<Run> =>
        run(
          'openssl',
          [
            ...['ts', '-verify', '-in', answer, '-data', data],
            ...['-CAfile', tsaChain, '-untrusted', tsaChain],
          ],
          { cwd: made.home },
        );
      expect(await check(stamped)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('Verification: OK'),
      });
      expect((await check(made.artifact)).code).not.toBe(0);
    }
    expect(timestamps()).toHaveLength(kind === 'Rekor v1' ? 0 : 1);
  });
});

describe('rekor-cli', () => {
  let made: Exported;
  beforeAll(async () => {
    made = await exported({});
  });
  const call = (...args: readonly string[]): Promise<Run> =>
    run(stackTool('rekor-cli'), [...args, '--rekor_server', stack.urls.rekor], {
      cwd: made.home,
      env: { SIGSTORE_REKOR_PUBLIC_KEY: stack.files.rekorPublicKey },
    });
  const uuids = ({ stdout }: Run): readonly string[] =>
    stdout.split('\n').filter((line) => /^[0-9a-f]{80}$/.test(line));

  it('finds our entry by artifact and by certificate, gets it and proves it', async () => {
    const [entry] = made.content.verificationMaterial.tlogEntries;
    const body = Buffer.from(entry?.canonicalizedBody ?? '', 'base64');
    const leaf = createHash('sha256')
      .update(Buffer.from([0]))
      .update(body)
      .digest('hex');
    const pem = join(made.home, 'leaf.pem');
    const der = Buffer.from(made.content.verificationMaterial.certificate.rawBytes, 'base64');
    writeFileSync(pem, new X509Certificate(der).toString());

    const found = uuids(await call('search', '--artifact', made.artifact));
    expect(found.map((uuid) => uuid.slice(16))).toEqual([leaf]);
    expect(uuids(await call('search', '--public-key', pem, '--pki-format', 'x509'))).toEqual(found);
    expect(uuids(await call('search', '--artifact', made.changed))).toEqual([]);

    const [uuid = ''] = found;
    const got = await call('get', '--uuid', uuid, '--format', 'json');
    expect(JSON.parse(got.stdout)).toMatchObject({
      UUID: uuid,
      Body: { HashedRekordObj: JSON.parse(body.toString()).spec },
    });
    expect(await call('verify', '--uuid', uuid)).toMatchObject({ code: 0 });
  });

  it('searches by e-mail address, which is what becomes public', async () => {
    const found = uuids(await call('search', '--artifact', made.artifact));
    const byAddress = uuids(await call('search', '--email', ALICE));
    expect(byAddress).toEqual(expect.arrayContaining([...found]));
  });
});

const gitsign = peer('gitsign');
describe.skipIf(gitsign === undefined)('gitsign', () => {
  const program = gitsign ?? '';
  const verify = (repository: StackRepository, id: string, signer = ALICE): Promise<Run> =>
    run(program, ['verify', ...who(signer), id], {
      cwd: repository.path,
      env: repository.environment(),
    });

  it.each(['offline', 'online'])('verifies what we sign %s', async (mode) => {
    const repository = stackRepository(executable);
    const gitConfig = { 'gitsign.rekorMode': mode };
    const id = await repository.commit('a change', { gitConfig });
    expect(await verify(repository, id)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Validated Rekor entry: true'),
    });
    expect((await verify(repository, id, BOB)).code).not.toBe(0);
  });

  it.each(['offline', 'online'])('signs %s what we verify', async (mode) => {
    const repository = stackRepository(executable);
    const gitConfig = { 'gitsign.rekorMode': mode, 'gpg.x509.program': program };
    const id = await repository.commit('a change', { gitConfig });
    expect((await repository.as({}, 'verify-commit', id)).err).toContain(
      `good signature by ${ALICE}`,
    );
    expect(await judged(repository, [...allow(), id])).toMatchObject({ status: 'verified' });
    expect(await judged(repository, [...allow(BOB), id])).toMatchObject({ status: 'not-allowed' });
  });

  it('signs into Rekor v2 what we verify, though it cannot', async () => {
    const repository = stackRepository(executable);
    const gitConfig = { 'gitsign.rekorMode': 'offline', 'gpg.x509.program': program };
    const id = await repository.commit('a change', { gitConfig, rekorVersion: 2 });
    expect(await judged(repository, [...allow(), id])).toMatchObject({ status: 'verified' });
    expect((await verify(repository, id)).code).not.toBe(0);
  });

  it('signs tags that we verify, and verifies ours', async () => {
    const repository = stackRepository(executable);
    await repository.commit('a change');
    const token = await tokenOf();
    const theirs = { 'gitsign.rekorMode': 'offline', 'gpg.x509.program': program };
    const tagged = await repository.as(
      { token, gitConfig: theirs },
      'tag',
      '-s',
      '-m',
      'x',
      'theirs',
    );
    expect(tagged).toMatchObject({ exit: 0 });
    expect(await repository.signet(['verify-tag', ...allow(), 'theirs'])).toMatchObject({
      exit: 0,
    });
    expect(await repository.as({ token }, 'tag', '-s', '-m', 'x', 'ours')).toMatchObject({
      exit: 0,
    });
    const checked = await run(program, ['verify-tag', ...who(), 'ours'], {
      cwd: repository.path,
      env: repository.environment(),
    });
    expect(checked).toMatchObject({ code: 0 });
  });
});

describe('cosign', () => {
  const cosign = peer('cosign');
  it.skipIf(cosign === undefined)('makes of the keys the same trusted root as we do', async () => {
    const repository = stackRepository(executable);
    const since = 'start-time=2020-01-01T00:00:00Z';
    const { files, urls } = stack;
    const out = join(repository.home, 'root.json');
    const made = await run(
      cosign ?? '',
      [
        ...['trusted-root', 'create', '--out', out],
        `--fulcio=url=${urls.fulcio},certificate-chain=${files.fulcioChain},${since}`,
        `--rekor=url=${urls.rekor},public-key=${files.rekorPublicKey},${since}`,
        `--rekor=url=${urls.rekorV2},public-key=${files.rekorV2PublicKey},${since},origin=127.0.0.1`,
        `--ctfe=url=${urls.ctLog},public-key=${files.ctLogPublicKey},${since}`,
        `--tsa=url=${urls.tsa},certificate-chain=${files.tsaChain},${since}`,
      ],
      { cwd: repository.home },
    );
    expect(made).toMatchObject({ code: 0 });
    const read = (path: string) => {
      const root = JSON.parse(readFileSync(path, 'utf8'));
      // cosign writes two logs in either order
      const logs = [...root.tlogs, ...root.ctlogs]
        .map((log) => [log.logId.keyId, log.publicKey.rawBytes])
        .sort();
      const chains = [...root.certificateAuthorities, ...root.timestampAuthorities];
      return [logs, chains.map((one) => one.certChain)];
    };
    expect(read(out)).toEqual(read(files.trustedRoot));
    const id = await repository.commit('a change');
    const verdict = await judged(repository, ['--trusted-root', out, ...who(), id]);
    expect(verdict).toMatchObject({ status: 'verified' });
  });
});
