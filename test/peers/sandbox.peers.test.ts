/** gitsign and cosign, unchanged, against the sandbox: what they sign there they verify, and so do we. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseTrustedRoot } from '../../src/core/trust/trusted-root.ts';
import type { Verdict } from '../../src/core/verdict.ts';
import { verifyObject } from '../../src/core/verify.ts';
import type { ChildOptions } from '../../src/sandbox/index.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { peer, type Run, run } from '../support/peers.ts';
import { scratchDirectory, useSandbox } from '../support/sandbox.ts';

const gitsign = peer('gitsign');
const cosign = peer('cosign');
const sandbox = useSandbox();
const work = scratchDirectory('peers');
const user = { name: 'Alice', email: 'alice@example.test' };

afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Follows redirects, with cookies. */
const BROWSER = `
const jar = new Map();
for (let url = process.argv[2]; url; ) {
  const cookie = [...jar].map((pair) => pair.join('=')).join('; ');
  const answer = await fetch(url, { redirect: 'manual', headers: { cookie } });
  for (const set of answer.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(set);
    jar.set(name, value);
  }
  const next = answer.headers.get('location');
  url = next && new URL(next, url).href;
}
`;

const git = (
  args: readonly string[],
  env: Record<string, string> = {},
  input?: string,
): Promise<Run> => run('git', args, { cwd: work, env, ...(input === undefined ? {} : { input }) });

const identityFlags = (email = user.email): string[] => [
  '--certificate-identity',
  email,
  '--certificate-oidc-issuer',
  sandbox().urls.issuer,
];

/** What our own core says of an object, given what gitsign's core cannot see: nothing but the trusted root. */
async function ours(type: 'commit' | 'tag', name: string): Promise<Verdict> {
  const id = (await git(['rev-parse', name])).stdout.trim();
  const raw = Buffer.from((await git(['cat-file', type, id])).stdout);
  const trust = parseTrustedRoot(
    readFileSync(sandbox().files.trustedRoot, 'utf8'),
    'sandbox',
    nodeCrypto,
  );
  const context = { crypto: nodeCrypto, trust, now: Math.floor(Date.now() / 1000) + 1 };
  return verifyObject({ type, id, raw, format: 'sha1' }, context);
}

describe.skipIf(gitsign === undefined)('gitsign', () => {
  const program = gitsign ?? '';
  beforeAll(() => git(['init', '-q', '.']));

  const environment = (options: ChildOptions = {}) =>
    sandbox().environment({ program, user, ...options });
  const commit = async (message: string, options: ChildOptions = {}): Promise<Run> => {
    const token = await sandbox().mintToken();
    return git(
      ['commit', '-q', '--allow-empty', '-S', '-m', message],
      environment({ token, ...options }),
    );
  };
  const verify = (name: string, email?: string): Promise<Run> =>
    run(program, ['verify', ...identityFlags(email), name], { cwd: work, env: environment() });

  it('gitsign signs with the entry embedded, and both programs verify the signature', async () => {
    expect(
      await commit('offline', { gitConfig: { 'gitsign.rekorMode': 'offline' } }),
    ).toMatchObject({ code: 0 });
    const before = sandbox().requests.rekor;
    expect((await verify('HEAD')).stdout).toContain('Validated Rekor entry: true');
    expect(sandbox().requests.rekor).toBe(before);
    expect((await verify('HEAD', 'bob@example.test')).code).toBe(1);
    expect(await ours('commit', 'HEAD')).toMatchObject({
      status: 'verified',
      signer: { value: user.email },
    });
  });

  it('signs with the entry in the log alone, and finds it there', async () => {
    expect(await commit('online', { gitConfig: { 'gitsign.rekorMode': 'online' } })).toMatchObject({
      code: 0,
    });
    expect((await verify('HEAD')).stdout).toContain('Validated Rekor entry: true');
    expect(await ours('commit', 'HEAD')).toMatchObject({
      status: 'undecided',
      code: 'log-entry-absent',
    });
  });

  it('signs through its legacy path', async () => {
    const gitConfig = { 'gitsign.rekorMode': 'offline', 'gitsign.enableSigstoreGo': 'false' };
    expect(await commit('legacy', { gitConfig })).toMatchObject({ code: 0 });
    expect((await verify('HEAD')).code).toBe(0);
  });

  it('signs into Rekor v2 with a timestamp, which we can verify and it cannot', async () => {
    const gitConfig = { 'gitsign.rekorMode': 'offline' };
    expect(await commit('v2', { rekorVersion: 2, gitConfig })).toMatchObject({ code: 0 });
    expect(await ours('commit', 'HEAD')).toMatchObject({
      status: 'verified',
      signer: { value: user.email },
    });
    expect((await verify('HEAD')).code).toBe(1);
  });

  it('signs a tag', async () => {
    const token = await sandbox().mintToken({ email: 'bob@example.test' });
    const env = environment({ token, gitConfig: { 'gitsign.rekorMode': 'offline' } });
    expect(await git(['tag', '-s', '-m', 'release', 'v1'], env)).toMatchObject({ code: 0 });
    const checked = await run(program, ['verify-tag', ...identityFlags('bob@example.test'), 'v1'], {
      cwd: work,
      env,
    });
    expect(checked.code).toBe(0);
    expect(await ours('tag', 'v1')).toMatchObject({
      status: 'verified',
      signer: { value: 'bob@example.test' },
    });
  });

  it('logs in on the issuer’s page', async () => {
    // A browser that clicks nothing, because this sandbox's issuer answers for the person; in the background,
    // because gitsign waits for its opener before it answers the callback.
    const browser = join(work, 'browser.mjs');
    writeFileSync(browser, BROWSER);
    const opener = join(work, 'opener');
    writeFileSync(
      opener,
      `#!/bin/sh\n'${process.execPath}' '${browser}' "$1" >/dev/null 2>&1 &\n`,
      { mode: 0o700 },
    );
    const gitConfig = {
      'gitsign.rekorMode': 'offline',
      'gitsign.tokenProvider': 'interactive',
      'gitsign.urlOpener': `${opener} {{.URL}}`,
    };
    const before = sandbox().requests.issuer;
    expect(
      await git(['commit', '-q', '--allow-empty', '-S', '-m', 'login'], environment({ gitConfig })),
    ).toMatchObject({ code: 0 });
    expect(sandbox().requests.issuer).toBeGreaterThan(before + 3);
    expect(await ours('commit', 'HEAD')).toMatchObject({
      status: 'verified',
      signer: { value: user.email },
    });
  });

  it('is refused a certificate for a token of another audience', async () => {
    const token = await sandbox().mintToken({ audience: 'other' });
    const refused = await commit('refused', { token });
    expect(refused.code).toBe(128);
  });

  it('verifies what the sandbox signs in process', async () => {
    const tree = (await git(['rev-parse', 'HEAD^{tree}'])).stdout.trim();
    const head = `tree ${tree}\nauthor A <a@example.test> 1795000000 +0000\ncommitter A <a@example.test> 1795000000 +0000\n`;
    const { armor } = await sandbox().issueSignature(Buffer.from(`${head}\nmade\n`));
    const signed = `${head}gpgsig ${armor.trimEnd().replaceAll('\n', '\n ')}\n\nmade\n`;
    const id = (
      await git(['hash-object', '-t', 'commit', '-w', '--stdin'], {}, signed)
    ).stdout.trim();
    expect((await verify(id)).code).toBe(0);
    const forged = signed.replace('\n\nmade\n', '\n\nmade up\n');
    const forgedId = (
      await git(['hash-object', '-t', 'commit', '-w', '--stdin'], {}, forged)
    ).stdout.trim();
    expect((await verify(forgedId)).code).toBe(1);
  });
});

describe.skipIf(cosign === undefined)('cosign', () => {
  const program = cosign ?? '';

  for (const version of [1, 2] as const) {
    it(`signs a blob into Rekor v${version} and verifies it`, async () => {
      const { trustedRoot, signingConfig, signingConfigV2 } = sandbox().files;
      const bundle = join(work, `bundle-${version}.json`);
      const blob = join(work, `blob-${version}`);
      writeFileSync(blob, `blob ${version}`);
      const config = version === 1 ? signingConfig : signingConfigV2;
      const trust = ['--trusted-root', trustedRoot, '--bundle', bundle];
      const token = await sandbox().mintToken();
      const flags = ['--yes', '--signing-config', config, '--identity-token', token];
      expect(
        await run(program, ['sign-blob', ...flags, ...trust, blob], { cwd: work }),
      ).toMatchObject({ code: 0 });
      const check = (email?: string): Promise<Run> =>
        run(program, ['verify-blob', ...trust, ...identityFlags(email), blob], { cwd: work });
      expect((await check()).code).toBe(0);
      expect((await check('bob@example.test')).code).not.toBe(0);
      writeFileSync(blob, 'another blob');
      expect((await check()).code).not.toBe(0);
    });
  }
});
