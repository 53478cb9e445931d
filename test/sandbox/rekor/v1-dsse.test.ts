import { createHash, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newKeys } from '../../../src/sandbox/index.ts';
import { useSandbox } from '../../support/sandbox.ts';
import { askCertificate, call, pemOf } from '../../support/sandbox-requests.ts';

const sandbox = useSandbox();
const TYPE = 'application/vnd.in-toto+json';
const base64 = (data: string | Uint8Array): string => Buffer.from(data).toString('base64');
const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex');
const encoded = (payload: string): Buffer =>
  Buffer.from(`DSSEv1 28 ${TYPE} ${payload.length} ${payload}`);

/** An envelope that is signed under a fresh certificate, and what stands around it in a proposed entry. */
async function signedEnvelope(payload = `{"statement":${Math.random()}}`) {
  const { json, keys } = await askCertificate(sandbox());
  const [certificate] = json.signedCertificateEmbeddedSct.chain.certificates as [string];
  const sig = base64(sign('sha256', encoded(payload), keys.privateKey));
  const envelope = { payloadType: TYPE, payload: base64(payload), signatures: [{ sig }] };
  return { payload, certificate, envelope, sig };
}

const propose = (envelope: unknown, ...verifiers: readonly string[]) =>
  call(`${sandbox().urls.rekor}/api/v1/log/entries`, {
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      proposedContent: { envelope: JSON.stringify(envelope), verifiers: verifiers.map(base64) },
    },
  });

describe('Rekor v1, dsse', () => {
  it('an envelope is logged by its digests, its signature and the certificate', async () => {
    const { payload, certificate, envelope, sig } = await signedEnvelope();
    const answer = await propose(envelope, certificate);
    expect(answer.status).toBe(201);
    const [entry] = Object.values(answer.json) as { body: string }[];
    expect(JSON.parse(Buffer.from(entry!.body, 'base64').toString())).toEqual({
      apiVersion: '0.0.1',
      kind: 'dsse',
      spec: {
        envelopeHash: { algorithm: 'sha256', value: sha256(JSON.stringify(envelope)) },
        payloadHash: { algorithm: 'sha256', value: sha256(payload) },
        signatures: [{ signature: sig, verifier: base64(certificate) }],
      },
    });
  });

  it('an entry is found by its payload, its envelope and the signer’s address', async () => {
    const { payload, certificate, envelope } = await signedEnvelope();
    const [uuid] = Object.keys((await propose(envelope, certificate)).json);
    const search = async (query: unknown) =>
      (await call(`${sandbox().urls.rekor}/api/v1/index/retrieve`, query)).json;
    expect(await search({ hash: `sha256:${sha256(payload)}` })).toEqual([uuid]);
    expect(await search({ hash: `sha256:${sha256(JSON.stringify(envelope))}` })).toEqual([uuid]);
    expect(await search({ email: 'alice@example.test' })).toContain(uuid);
  });

  it('an envelope is refused whose payload, type or key is not what was signed', async () => {
    const { certificate, envelope } = await signedEnvelope();
    const stranger = pemOf(newKeys().publicKey);
    for (const [changed, verifier] of [
      [{ ...envelope, payload: base64('{}') }, certificate],
      [{ ...envelope, payloadType: 'text/plain' }, certificate],
      [envelope, stranger],
    ] as const) {
      const answer = await propose(changed, verifier);
      expect([answer.status, answer.json.message]).toEqual([
        400,
        'error processing entry: all signatures must have a key that verifies it',
      ]);
    }
    expect((await propose(envelope, certificate)).status).toBe(201);
  });

  it('an envelope is refused of which only one signature of two holds', async () => {
    const { certificate, envelope } = await signedEnvelope();
    const other = base64(sign('sha256', Buffer.from('another'), newKeys().privateKey));
    const two = { ...envelope, signatures: [...envelope.signatures, { sig: other }] };
    expect((await propose(two, certificate)).status).toBe(400);
  });

  it.each([
    ['no envelope', undefined],
    ['a text', 'envelope'],
    ['no signature', { payloadType: TYPE, payload: '', signatures: [] }],
    ['a signature that is no text', { payloadType: TYPE, payload: '', signatures: [{ sig: 1 }] }],
  ])('%s in the place of an envelope is refused', async (_, envelope) => {
    const { certificate } = await signedEnvelope();
    expect((await propose(envelope, certificate)).status).toBe(400);
  });

  it('a second proposal of an envelope is answered with the place of the first', async () => {
    const { certificate, envelope } = await signedEnvelope();
    const first = await propose(envelope, certificate);
    const again = await propose(envelope, certificate);
    expect(again.status).toBe(409);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
  });
});
