/** What services may answer while signing, and that nothing wrong is signed, logged or embedded. */

import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { certificatePem } from '../../src/core/x509/certificate.ts';
import { issueLeaf, type LeafVariations } from '../../src/sandbox/fulcio/issue.ts';
import { subjectAltName } from '../../src/sandbox/fulcio/leaf.ts';
import type { Intercept, SandboxRequest, ServiceName } from '../../src/sandbox/index.ts';
import { signPayload } from '../../src/signing/sign.ts';
import { useSandbox } from '../support/sandbox.ts';
import { COMMIT, type RequestOptions, signRequest } from '../support/signing.ts';

const sandbox = useSandbox();
afterEach(() => sandbox().intercept(undefined));

const sign = async (options: RequestOptions = {}) =>
  signPayload(COMMIT, await signRequest(sandbox(), options));

type Json = Record<string, unknown>;

/** Remembers answers and leaves them as they are. */
const keep = (answers: unknown[]) => (json: Json) => {
  answers.push(json);
  return json;
};

/** Alters JSON that a service answers. */
const altered =
  (service: ServiceName, alter: (json: Json, request: SandboxRequest) => unknown): Intercept =>
  async (name, request, proceed) => {
    if (name !== service) return undefined;
    const reply = await proceed();
    const body = JSON.stringify(alter(JSON.parse(String(reply.body)), request));
    return { ...reply, body };
  };

interface Leaf {
  readonly email?: string;
  readonly issuer?: string;
  readonly spki?: Uint8Array;
  readonly at?: number;
  readonly variations?: LeafVariations;
}

/** A CA that issues another leaf than was asked for. */
function hostileCa({
  email = 'alice@example.test',
  issuer,
  spki,
  at,
  variations,
}: Leaf): Intercept {
  return async (service, request) => {
    if (service !== 'fulcio') return undefined;
    const { publicKeyRequest } = JSON.parse(request.body.toString('utf8'));
    const asked = createPublicKey(publicKeyRequest.publicKey.content).export({
      type: 'spki',
      format: 'der',
    });
    const { fulcio, ctLog } = sandbox().parts;
    const leaf = issueLeaf(
      { authority: fulcio.intermediate, ctLog },
      {
        principal: {
          san: { kind: 'email', value: email },
          issuer: issuer ?? sandbox().urls.issuer,
          challenge: email,
          extensions: {},
        } as never,
        spki: spki ?? asked,
        at: at ?? Date.now(),
        lifetimeSeconds: 600,
        ...(variations === undefined ? {} : { variations }),
      },
    );
    const certificates = [leaf, ...fulcio.chain].map(certificatePem);
    const body = JSON.stringify({ signedCertificateEmbeddedSct: { chain: { certificates } } });
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  };
}

const TWO = ['alice@example.test', 'mallory@example.test'].map(
  (value) => ({ kind: 'email', value }) as const,
);

const otherKey = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
    type: 'spki',
    format: 'der',
  });

describe('the certificate authority', () => {
  it('a CA that issues what was asked for is believed', async () => {
    sandbox().intercept(hostileCa({}));
    expect(await sign()).toMatchObject({ identity: 'alice@example.test' });
  });

  it.each<[string, () => Leaf]>([
    ['another key', () => ({ spki: otherKey() })],
    ['another identity', () => ({ email: 'mallory@example.test' })],
    ['another issuer', () => ({ issuer: 'https://other.example' })],
    ['an expired certificate', () => ({ at: Date.now() - 3_600_000 })],
    ['a certificate of the future', () => ({ at: Date.now() + 3_600_000 })],
    ['no SCT', () => ({ variations: { scts: () => [] } })],
    [
      'two identities',
      () => ({
        variations: {
          extensions: (usual) =>
            usual.map((one) => (one.extnID === '2.5.29.17' ? subjectAltName(TWO) : one)),
        },
      }),
    ],
    [
      'no extended key usage',
      () => ({
        variations: { extensions: (usual) => usual.filter(({ extnID }) => extnID !== '2.5.29.37') },
      }),
    ],
  ])('the certificate is refused before anything is logged: %s (X13)', async (_name, leaf) => {
    sandbox().intercept(hostileCa(leaf()));
    const before = sandbox().requests.rekor;
    await expect(sign()).rejects.toMatchObject({ code: 'CERTIFICATE_ANSWER', exitCode: 1 });
    expect(sandbox().requests.rekor).toBe(before);
  });

  it('a CA that the trust root does not name is refused (X13)', async () => {
    const request = await signRequest(sandbox());
    const trust = { ...request.trust, certificateAuthorities: [], digest: 'other' };
    await expect(signPayload(COMMIT, { ...request, trust })).rejects.toMatchObject({
      code: 'CERTIFICATE_ANSWER',
    });
  });

  it.each<[string, string]>([
    ['no JSON', 'hello'],
    ['no certificate', '{"signedCertificateEmbeddedSct":{"chain":{"certificates":[]}}}'],
    ['a chain that is a text', '{"signedCertificateEmbeddedSct":{"chain":"x"}}'],
  ])('an answer with %s is refused', async (_name, body) => {
    sandbox().intercept((service) =>
      service === 'fulcio' ? { status: 200, headers: {}, body } : undefined,
    );
    await expect(sign()).rejects.toMatchObject({ code: 'SERVICE_ANSWER' });
  });

  it('a CA that has only the old interface is asked by it', async () => {
    const asked: string[] = [];
    sandbox().intercept((service, { path }) => {
      if (service !== 'fulcio') return undefined;
      asked.push(path);
      return path.startsWith('/api/v2/') ? { status: 404, headers: {}, body: '' } : undefined;
    });
    expect(await sign()).toMatchObject({ identity: 'alice@example.test' });
    expect(asked).toEqual(['/api/v2/signingCert', '/api/v1/signingCert']);
  });

  it('that refuses a token is told with the identity, never the token', async () => {
    const token = await sandbox().mintToken({ foreignKey: true });
    const failure = sign({ env: { SIGSTORE_ID_TOKEN: token } });
    await expect(failure).rejects.toMatchObject({ code: 'TOKEN_REFUSED', exitCode: 4 });
    await expect(failure).rejects.toThrow('alice@example.test');
    await expect(failure).rejects.not.toThrow(token.slice(0, 20));
  });

  it('that redirects gets no token elsewhere (R15)', async () => {
    sandbox().intercept((service) =>
      service === 'fulcio'
        ? { status: 307, headers: { location: `${sandbox().urls.rekor}/x` }, body: '' }
        : undefined,
    );
    const before = sandbox().requests.rekor;
    await expect(sign()).rejects.toMatchObject({ code: 'SERVICE_ANSWER' });
    expect(sandbox().requests.rekor).toBe(before);
  });
});

describe('the log', () => {
  it('that answers with another’s entry is refused (R14)', async () => {
    const earlier: unknown[] = [];
    sandbox().intercept(altered('rekor', keep(earlier)));
    await sign();
    sandbox().intercept(altered('rekor', () => earlier[0]));
    await expect(sign()).rejects.toMatchObject({ code: 'LOG_ANSWER', exitCode: 1 });
  });

  it('that answers with another’s entry is refused (v2) (R14)', async () => {
    const earlier: unknown[] = [];
    sandbox().intercept(altered('rekorV2', keep(earlier)));
    await sign({ rekorVersion: 2 });
    sandbox().intercept(altered('rekorV2', () => earlier[0]));
    await expect(sign({ rekorVersion: 2 })).rejects.toMatchObject({ code: 'LOG_ANSWER' });
  });

  it('that knows the entry already is believed if it is ours (R14)', async () => {
    sandbox().intercept(async (service, request, proceed) => {
      if (service !== 'rekor' || request.method !== 'POST') return undefined;
      await proceed();
      return undefined;
    });
    const result = await sign();
    expect(result.logEntry?.canonicalizedBody).toBeDefined();
  });

  it('that says "exists" and shows other content is refused (R14)', async () => {
    const locations: string[] = [];
    sandbox().intercept(async (service, _request, proceed) => {
      if (service !== 'rekor') return undefined;
      const reply = await proceed();
      locations.push(String(reply.headers?.['location']));
      return reply;
    });
    await sign();
    sandbox().intercept((service, { method }) =>
      service === 'rekor' && method === 'POST'
        ? { status: 409, headers: { location: locations[0]! }, body: '{}' }
        : undefined,
    );
    await expect(sign()).rejects.toMatchObject({ code: 'LOG_ANSWER' });
  });

  it.each(['http://127.0.0.2:1/api/v1/log/entries/', 'https://evil.example/'])(
    'that says "exists" at %s is not followed (R15)',
    async (place) => {
      sandbox().intercept((service) =>
        service === 'rekor'
          ? { status: 409, headers: { location: `${place}${'a'.repeat(64)}` }, body: '{}' }
          : undefined,
      );
      await expect(sign()).rejects.toMatchObject({ code: 'LOG_ANSWER' });
    },
  );

  it.each<[string, (json: Json) => unknown]>([
    [
      'two entries',
      (json) => ({ ...json, ...Object.fromEntries([['a'.repeat(64), Object.values(json)[0]]]) }),
    ],
    ['no entry', () => ({})],
    ['a list', () => []],
    [
      'an entry without proof',
      (json) =>
        mapEntry(json, (entry) => ({ ...entry, verification: { signedEntryTimestamp: 'AA==' } })),
    ],
    [
      'an index that is no number',
      (json) => mapEntry(json, (entry) => ({ ...entry, logIndex: 'x' })),
    ],
    ['a negative index', (json) => mapEntry(json, (entry) => ({ ...entry, logIndex: -1 }))],
  ])('that answers with %s is refused', async (_name, alter) => {
    sandbox().intercept(altered('rekor', alter));
    await expect(sign()).rejects.toMatchObject({ code: 'SERVICE_ANSWER' });
  });

  it('that names the entry wrongly is refused', async () => {
    sandbox().intercept(altered('rekor', (json) => ({ ['b'.repeat(64)]: Object.values(json)[0] })));
    await expect(sign()).rejects.toMatchObject({ code: 'LOG_ANSWER' });
  });

  it('that fails is told, with what to do', async () => {
    sandbox().intercept((service) =>
      service === 'rekor'
        ? { status: 400, headers: {}, body: '{"code":400,"message":"no\\u001b[31m"}' }
        : undefined,
    );
    const failure = sign();
    await expect(failure).rejects.toMatchObject({ code: 'SERVICE_REFUSED', exitCode: 3 });
    await expect(failure).rejects.toThrow('no\\x1b[31m');
  });
});

function mapEntry(json: Json, change: (entry: Json) => unknown): unknown {
  return Object.fromEntries(
    Object.entries(json).map(([uuid, entry]) => [uuid, change(entry as Json)]),
  );
}

describe('the timestamp authority', () => {
  it.each<[string, Intercept]>([
    [
      'no DER',
      (service) => (service === 'tsa' ? { status: 200, headers: {}, body: 'x' } : undefined),
    ],
    [
      'a rejection',
      (service) =>
        service === 'tsa'
          ? { status: 200, headers: {}, body: Buffer.from('30053003020102', 'hex') }
          : undefined,
    ],
  ])('that answers with %s is refused', async (_name, intercept) => {
    sandbox().intercept(intercept);
    await expect(sign({ rekorVersion: 2 })).rejects.toMatchObject({ code: 'TIMESTAMP_ANSWER' });
  });

  it('that answers with the token of another request is refused (R11)', async () => {
    let earlier: Buffer | undefined;
    sandbox().intercept(async (service, _request, proceed) => {
      if (service !== 'tsa') return undefined;
      const reply = await proceed();
      earlier ??= Buffer.from(reply.body as Buffer);
      return { ...reply, body: earlier };
    });
    await sign({ rekorVersion: 2 });
    await expect(sign({ rekorVersion: 2 })).rejects.toMatchObject({ code: 'TIMESTAMP_ANSWER' });
  });
});
