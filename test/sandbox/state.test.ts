import { appendFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { openLineLog } from '../../src/sandbox/state.ts';
import { scratchDirectory } from '../support/sandbox.ts';
import { call, hashedRekordV1, signedArtifact } from '../support/sandbox-requests.ts';

let dir: string;
let running: Sandbox | undefined;

beforeEach(() => {
  dir = scratchDirectory('state');
});
afterEach(async () => {
  await running?.close();
  running = undefined;
  rmSync(dir, { recursive: true, force: true });
});

async function start(): Promise<Sandbox> {
  await running?.close();
  running = await startSandbox({ dir, autoApprove: true });
  return running;
}

describe('a sandbox that starts again', () => {
  it('a sandbox that starts again has the same ports, keys, trust, logs and index', async () => {
    const first = await start();
    const proposed = hashedRekordV1(await signedArtifact(first));
    const added = await call(`${first.urls.rekor}/api/v1/log/entries`, proposed);
    await first.issueSignature(Buffer.from('payload'), { rekor: 2 });
    const trust = readFileSync(first.files.trustedRoot, 'utf8');
    const heads = async (sandbox: Sandbox) => [
      (await call(`${sandbox.urls.rekor}/api/v1/log`)).json.rootHash,
      (await call(`${sandbox.urls.rekorV2}/api/v2/checkpoint`)).text,
      (await call(`${sandbox.urls.ctLog}/ct/v1/get-sth`)).json.sha256_root_hash,
    ];
    const before = await heads(first);
    const second = await start();
    expect(second.urls).toEqual(first.urls);
    expect(readFileSync(second.files.trustedRoot, 'utf8')).toBe(trust);
    expect(await heads(second)).toEqual(before);
    const again = await call(`${second.urls.rekor}/api/v1/log/entries`, proposed);
    expect([again.status, again.headers.get('location')]).toEqual([
      409,
      added.headers.get('location'),
    ]);
    const found = await call(`${second.urls.rekor}/api/v1/index/retrieve`, {
      email: 'alice@example.test',
    });
    expect(found.json).toContain(Object.keys(added.json)[0]);
  });

  it('an entry that a crash cut short is forgotten, and the next one is appended after it', async () => {
    const first = await start();
    await first.issueSignature(Buffer.from('one'));
    await first.close();
    appendFileSync(join(dir, 'rekor-v1.log'), '1795262962 eyJhcGlWZXJzaW9u');
    const second = await start();
    expect(second.parts.rekor.tree.size).toBe(1);
    await second.issueSignature(Buffer.from('two'));
    expect((await start()).parts.rekor.tree.size).toBe(2);
  });

  it('a log longer than one piece of reading gives every line and its place again', () => {
    const path = join(dir, 'lines.log');
    const written = ['short', 'x'.repeat(2_500_000), 'ä'.repeat(700_000), 'last'];
    const log = openLineLog(path, () => expect.unreachable('the log is new'));
    const places = written.map((line) => log.append(line));
    log.close();
    appendFileSync(path, 'cut short');
    const lines: string[] = [];
    const again = openLineLog(path, (line, at) => {
      expect(at).toBe(places[lines.push(line) - 1]);
    });
    expect(lines).toEqual(written);
    const next = again.append('next');
    expect(again.read(next, 4).toString()).toBe('next');
    expect(readFileSync(path, 'utf8').endsWith('last\nnext\n')).toBe(true);
    again.close();
  });

  it('private files are readable for their owner alone', async () => {
    await start();
    const mode = (path: string): number => statSync(join(dir, path)).mode & 0o777;
    expect([mode('.'), mode('keys')]).toEqual([0o700, 0o700]);
    for (const name of [
      'keys/issuer.pem',
      'keys/rekor.pem',
      'keys/fulcio-root.pem',
      'sandbox.json',
      'rekor-v1.log',
    ]) {
      expect(mode(name)).toBe(0o600);
    }
  });

  it('a foreign state or a port in use is an error, and nothing is left listening', async () => {
    const first = await start();
    const port = Number(new URL(first.urls.tsa).port);
    await first.close();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    await expect(startSandbox({ dir })).rejects.toMatchObject({ code: 'CONFIG' });
    await expect(fetch(first.urls.issuer)).rejects.toThrow();
    await new Promise((resolve) => other.close(resolve));
    writeFileSync(join(dir, 'sandbox.json'), '{}');
    await expect(startSandbox({ dir })).rejects.toMatchObject({ code: 'CONFIG' });
  });
});

describe('the intercept', () => {
  it('an intercept answers for a service, alters its answers, closes connections, and is counted', async () => {
    const sandbox = await start();
    const log = `${sandbox.urls.rekor}/api/v1/log`;
    sandbox.intercept((service) =>
      service === 'rekor' ? { status: 503, body: 'later' } : undefined,
    );
    expect((await call(log)).status).toBe(503);
    expect((await call(`${sandbox.urls.fulcio}/healthz`)).status).toBe(200);
    sandbox.intercept(async (_service, _request, proceed) => {
      const reply = await proceed();
      return { ...reply, body: String(reply.body).replace('treeSize', 'size') };
    });
    expect((await call(log)).json.size).toBe(0);
    sandbox.intercept(() => ({ status: 0, destroy: true }));
    await expect(call(log)).rejects.toThrow();
    sandbox.intercept((service) => (service === 'issuer' ? { status: 500 } : undefined));
    expect((await fetch(`${sandbox.urls.issuer}/jwks`)).status).toBe(500);
    sandbox.intercept(undefined);
    expect((await call(log)).status).toBe(200);
    expect(sandbox.requests).toMatchObject({ rekor: 4, fulcio: 1, issuer: 1, tsa: 0 });
  });

  it('closing the sandbox ends an intercept that hangs', async () => {
    const sandbox = await start();
    sandbox.intercept(() => new Promise(() => {}));
    const waiting = fetch(`${sandbox.urls.rekor}/api/v1/log`);
    const settled = expect(waiting).rejects.toThrow();
    await sandbox.close();
    await settled;
  });
});
