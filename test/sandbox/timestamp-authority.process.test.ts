import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scratchDirectory, useSandbox } from '../support/sandbox.ts';
import { haveTools } from '../support/tools.ts';

const sandbox = useSandbox();
const scratch = scratchDirectory('tsa');
const file = (name: string): string => join(scratch, name);

afterAll(() => {
  execFileSync('rm', ['-rf', scratch]);
});

function query(...flags: readonly string[]): Buffer {
  writeFileSync(file('data'), 'what was signed');
  execFileSync(
    'openssl',
    ['ts', '-query', '-data', file('data'), '-sha256', ...flags, '-out', file('query')],
    { stdio: 'ignore' },
  );
  return readFileSync(file('query'));
}

const ask = (body: Uint8Array, type = 'application/timestamp-query'): Promise<Response> =>
  fetch(sandbox().urls.tsa, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'content-type': type },
  });

/** `openssl ts -verify` over the whole query: imprint, nonce, policy, chain, SigningCertificateV2. */
function verdict(reply: Uint8Array, ...flags: readonly string[]): number | null {
  writeFileSync(file('reply'), reply);
  const args = [
    'ts',
    '-verify',
    '-queryfile',
    file('query'),
    '-in',
    file('reply'),
    '-CAfile',
    sandbox().files.tsaChain,
  ];
  return spawnSync('openssl', [...args, ...flags]).status;
}

describe.skipIf(!haveTools('openssl'))('the timestamp authority', () => {
  it('openssl verifies the tokens, with nonce and certificate', async () => {
    const response = await ask(query('-cert'));
    expect(response.headers.get('content-type')).toBe('application/timestamp-reply');
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(1000);
    const reply = new Uint8Array(await response.arrayBuffer());
    expect(verdict(reply)).toBe(0);
    query('-cert'); // another nonce
    expect(verdict(reply)).toBe(1);
  });

  it('a token has no certificate if none was asked for', async () => {
    const reply = new Uint8Array(await (await ask(query('-no_nonce'))).arrayBuffer());
    expect(verdict(reply)).toBe(1);
    expect(verdict(reply, '-untrusted', sandbox().files.tsaChain)).toBe(0);
    expect(Buffer.from(reply).includes('sandbox-tsa-root')).toBe(true);
  });

  it('stamps its own clock and refuses what it cannot read', async () => {
    const digest = createHash('sha256').update('x').digest();
    expect((await ask(query('-cert'), 'application/json')).status).toBe(415);
    expect((await ask(digest)).status).toBe(400);
    expect((await ask(Buffer.concat([query('-cert'), Buffer.from([0])]))).status).toBe(400);
    // the same request with its outer length in two octets, which DER forbids
    const der = query('-cert');
    const ber = Buffer.concat([Buffer.from([0x30, 0x81, der.length - 2]), der.subarray(2)]);
    expect(der[1]).toBe(der.length - 2);
    expect((await ask(ber)).status).toBe(400);
    expect((await ask(der)).status).toBe(200);
    const chain = await fetch(`${sandbox().urls.tsa}/certchain`);
    expect(await chain.text()).toBe(readFileSync(sandbox().files.tsaChain, 'utf8'));
  });
});
