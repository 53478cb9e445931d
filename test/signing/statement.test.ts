/** Statements signed against the sandbox: what is logged, what is stored, and what is not. */

import { afterEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { readBundle } from '../../src/core/statement/bundle.ts';
import { preAuthEncoding } from '../../src/core/statement/envelope.ts';
import { verifyStatement } from '../../src/core/statement/verify.ts';
import { verifyDetached } from '../../src/core/verify.ts';
import { ledgerPath, readLedger } from '../../src/signing/ledger.ts';
import { signPayload } from '../../src/signing/sign.ts';
import { statementForm } from '../../src/signing/statement-form.ts';
import { STATEMENT, statementJson } from '../support/forge/statement.ts';
import { useSandbox } from '../support/sandbox.ts';
import { COMMIT, type RequestOptions, signRequest } from '../support/signing.ts';

const sandbox = useSandbox();
afterEach(() => sandbox().intercept(undefined));

async function sign(options: RequestOptions = {}, payload: Uint8Array = STATEMENT) {
  const request = await signRequest(sandbox(), options);
  const result = await signPayload(payload, request);
  const { crypto, trust, now } = request;
  return {
    request,
    result,
    bundle: utf8(result.signature),
    context: { crypto, trust, now: now() },
  };
}

describe('signing a statement', () => {
  it.each<[string, RequestOptions, object]>([
    ['Rekor v1', {}, { kindVersion: 'dsse 0.0.1' }],
    ['Rekor v1 and a timestamp', { flags: { timestamp: 'always' } }, {}],
    ['Rekor v2', { rekorVersion: 2 }, { kindVersion: 'hashedrekord 0.0.2' }],
    ['Rekor v1, although commits are logged by name', { flags: { rekorMode: 'online' } }, {}],
  ])('on %s gives a bundle that verifies offline', async (_name, options, logEntry) => {
    const { result, bundle, context } = await sign(options);
    expect(await verifyStatement(bundle, context)).toMatchObject({
      verdict: {
        status: 'verified',
        signer: { value: 'alice@example.test' },
        certificate: { sha1: result.certificateSha1 },
        logEntry: { logIndex: result.logIndex, ...logEntry },
      },
      statement: { predicate: { verdict: 'good' } },
    });
  });

  it('on Rekor v1 leaves digests in the log, and nothing of its content (A5)', async () => {
    const { bundle, request } = await sign();
    const body = Buffer.from(readBundle(bundle).entry?.canonicalizedBody ?? []).toString();
    expect(body).toContain(Buffer.from(request.crypto.hash('sha256', STATEMENT)).toString('hex'));
    expect(body).not.toContain('example.test/predicate');
    expect(body).not.toContain(Buffer.from(STATEMENT).toString('base64').slice(40, 80));
  });

  it('tells Rekor v2 its digest, and nothing of its content (A5)', async () => {
    const bodies: string[] = [];
    sandbox().intercept((service, { body }) => {
      bodies.push(`${service} ${body}`);
      return undefined;
    });
    const { bundle, request } = await sign({ rekorVersion: 2 });
    const { entry } = readBundle(bundle);
    const body = Buffer.from(entry?.canonicalizedBody ?? []).toString();
    const digest = request.crypto.hash('sha256', preAuthEncoding(STATEMENT));
    expect(body).toContain(Buffer.from(digest).toString('base64'));
    const content = Buffer.from(STATEMENT).toString('base64');
    for (const text of [body, ...bodies]) {
      expect(text).not.toContain('example.test/predicate');
      expect(text).not.toContain(content.slice(40, 80));
    }
  });

  it('is in the ledger like a commit (M06)', async () => {
    const env = { XDG_STATE_HOME: `${sandbox().dir}/ledger-of-statements` };
    const { result } = await sign({ env });
    expect(readLedger(ledgerPath(env))).toMatchObject([
      { identity: 'alice@example.test', index: result.logIndex },
    ]);
  });

  it('that is malformed is refused before any request leaves (A2)', async () => {
    const before = { ...sandbox().requests };
    const twice = utf8(JSON.stringify(statementJson()).replace('{', '{"_type":"x",'));
    await expect(sign({}, twice)).rejects.toMatchObject({ code: 'USAGE', exitCode: 2 });
    expect(sandbox().requests).toEqual(before);
  });

  it('gives no signature for git, and a commit no bundle (A1)', async () => {
    const { bundle, context } = await sign();
    const judged = await verifyDetached(STATEMENT, bundle, context);
    expect(judged).toMatchObject({ status: 'refused', code: 'statement-malformed' });
    expect(await verifyDetached(COMMIT, bundle, context)).toMatchObject({
      code: 'signature-kind-unsupported',
    });
    const { result } = await sign({}, COMMIT);
    expect((await verifyStatement(utf8(result.signature), context)).verdict).toMatchObject({
      code: 'bundle-malformed',
    });
  });

  it('is verified only as the statement that was given (A1)', async () => {
    const { bundle, context } = await sign();
    const other = utf8(JSON.stringify({ ...statementJson(), predicate: { verdict: 'bad' } }));
    const { verify } = statementForm(other);
    expect(await verify(STATEMENT, bundle, context)).toMatchObject({ status: 'verified' });
    expect(await verify(other, bundle, context)).toMatchObject({ code: 'content-digest-differs' });
  });
});
