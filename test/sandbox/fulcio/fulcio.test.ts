import { createHash, verify, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { children, readDer } from '../../../src/core/cms/der.ts';
import { newKeys } from '../../../src/sandbox/index.ts';
import { spkiOf } from '../../../src/sandbox/rekor/signed-note.ts';
import { useSandbox } from '../../support/sandbox.ts';
import { type Answer, askCertificate, call } from '../../support/sandbox-requests.ts';

const sandbox = useSandbox();
const SCT_LIST = '060a2b06010401d679020402';

const leafOf = (answer: Answer): X509Certificate =>
  new X509Certificate(answer.json.signedCertificateEmbeddedSct.chain.certificates[0]);

describe('Fulcio', () => {
  it('v2 issues a ten-minute leaf for the token’s e-mail, under its own chain', async () => {
    const answer = await askCertificate(sandbox());
    expect(answer.status).toBe(200);
    const [leafPem, intermediatePem, rootPem] =
      answer.json.signedCertificateEmbeddedSct.chain.certificates;
    const leaf = new X509Certificate(leafPem);
    const intermediate = new X509Certificate(intermediatePem);
    const root = new X509Certificate(rootPem);
    expect(leaf.verify(intermediate.publicKey)).toBe(true);
    expect(intermediate.verify(root.publicKey)).toBe(true);
    expect(leaf.checkIssued(intermediate) && intermediate.checkIssued(root)).toBe(true);
    expect(leaf.subjectAltName).toBe('email:alice@example.test');
    expect(leaf.subject).toBeFalsy();
    expect(leaf.publicKey.equals(answer.keys.publicKey)).toBe(true);
    expect(leaf.validToDate.getTime() - leaf.validFromDate.getTime()).toBe(600_000);
    expect([leaf.ca, intermediate.ca, root.ca]).toEqual([false, true, true]);
  });

  it('v1 answers 201 with the same chain in PEM', async () => {
    const answer = await askCertificate(sandbox(), { version: 1 });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('content-type')).toBe('application/pem-certificate-chain');
    expect(answer.text.match(/BEGIN CERTIFICATE/g)).toHaveLength(3);
    expect(new X509Certificate(answer.text).publicKey.equals(answer.keys.publicKey)).toBe(true);
  });

  it('embeds an SCT that the CT log’s key made over the precertificate', async () => {
    const answer = await askCertificate(sandbox());
    const leaf = leafOf(answer);
    const tbs = children(readDer(leaf.raw))[0]!;
    const fields = children(tbs);
    const extensions = children(children(fields.at(-1)!)[0]!);
    const last = Buffer.from(extensions.at(-1)!.raw);
    expect(last.toString('hex')).toContain(SCT_LIST);
    const list = Buffer.from(children(extensions.at(-1)!).at(-1)!.content);
    // OCTET STRING header, list length, SCT length: the last two are two octets each.
    const only = list.subarray((list[1]! < 0x80 ? 2 : 3) + 4);
    const { ctLog, fulcio } = sandbox().parts;
    expect(only.subarray(1, 33)).toEqual(ctLog.id);
    // Signed: version, type, timestamp, entry type 1, issuer key hash, TBS without the SCT list, no extensions.
    const without = rebuildTbs(
      fields.map((field) => Buffer.from(field.raw)),
      extensions.slice(0, -1).map((item) => Buffer.from(item.raw)),
    );
    const issuerKey = new X509Certificate(fulcio.intermediate.certificate).publicKey;
    const signed = Buffer.concat([
      Buffer.from([0, 0]),
      only.subarray(33, 41),
      Buffer.from([0, 1]),
      createHash('sha256').update(spkiOf(issuerKey)).digest(),
      Buffer.from([0, without.length >> 8, without.length & 0xff]),
      without,
      Buffer.from([0, 0]),
    ]);
    expect(only.subarray(41, 45).toString('hex')).toBe('00000403');
    expect(verify('sha256', signed, ctLog.publicKey, only.subarray(47))).toBe(true);
    signed[20]! ^= 1;
    expect(verify('sha256', signed, ctLog.publicKey, only.subarray(47))).toBe(false);
  });

  it('certifies a workflow by its URI, with the extensions of the run', async () => {
    const workflow = {
      repository: 'acme/app',
      path: '.github/workflows/release.yml',
      ref: 'refs/heads/main',
      sha: 'a'.repeat(40),
    };
    const token = await sandbox().mintToken({ workflow });
    const answer = await askCertificate(sandbox(), {
      token,
      challenge: 'repo:acme/app:ref:refs/heads/main',
    });
    expect(answer.status).toBe(200);
    const leaf = leafOf(answer);
    expect(leaf.subjectAltName).toBe(
      'URI:https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main',
    );
    for (const text of ['push', 'acme/app', 'refs/heads/main', 'https://github.com/acme']) {
      expect(leaf.raw.includes(text)).toBe(true);
    }
  });

  const badTokens: Record<string, () => Promise<string>> = {
    'a wrong audience': () => sandbox().mintToken({ audience: 'somebody-else' }),
    'an expired token': () => sandbox().mintToken({ expiresIn: -10 }),
    'an unverified e-mail': () => sandbox().mintToken({ emailVerified: false }),
    'a foreign issuer': () => sandbox().mintToken({ issuer: 'https://issuer.example' }),
    'a foreign key': () => sandbox().mintToken({ foreignKey: true }),
    'no e-mail and no URI': () => sandbox().mintToken({ email: undefined }),
    'no token': async () => '',
  };
  for (const [name, token] of Object.entries(badTokens)) {
    it(`refuses ${name} with Fulcio’s one answer, on both versions`, async () => {
      for (const version of [1, 2] as const) {
        const answer = await askCertificate(sandbox(), { token: await token(), version });
        expect(answer.status).toBe(400);
        expect(answer.json).toEqual({
          code: 3,
          message: 'There was an error processing the identity token',
          details: [],
        });
      }
    });
  }

  it('a proof over another name, and one by another key, are refused', async () => {
    for (const wanted of [{ challenge: 'bob@example.test' }, { prover: newKeys() }]) {
      const answer = await askCertificate(sandbox(), wanted);
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject({
        message: 'The signature supplied in the request could not be verified',
      });
    }
  });

  it('unreadable keys and bodies that are not JSON are refused', async () => {
    const url = `${sandbox().urls.fulcio}/api/v2/signingCert`;
    const token = await sandbox().mintToken();
    const publicKeyRequest = { publicKey: { content: 'nonsense' }, proofOfPossession: '' };
    const answer = await call(url, { credentials: { oidcIdentityToken: token }, publicKeyRequest });
    expect(answer.json).toMatchObject({
      message: 'The public key supplied in the request could not be parsed',
    });
    expect((await fetch(url, { method: 'POST', body: '{' })).status).toBe(400);
  });

  it('Fulcio tells its chain and configuration', async () => {
    const { fulcio, issuer } = sandbox().urls;
    const bundle = await call(`${fulcio}/api/v2/trustBundle`);
    expect(bundle.json.chains[0].certificates).toHaveLength(2);
    const configuration = await call(`${fulcio}/api/v2/configuration`);
    expect(configuration.json.issuers[0].issuerUrl).toBe(issuer);
    expect((await call(`${fulcio}/api/v1/rootCert`)).text).toContain('BEGIN CERTIFICATE');
    expect((await call(`${fulcio}/api/v9`)).status).toBe(404);
  });
});

describe('the CT log', () => {
  it('the CT log signs a head that grows by one with each certificate', async () => {
    const { ctLog } = sandbox().urls;
    const before = (await call(`${ctLog}/ct/v1/get-sth`)).json;
    await askCertificate(sandbox());
    const after = (await call(`${ctLog}/ct/v1/get-sth`)).json;
    expect(after.tree_size).toBe(before.tree_size + 1);
    const sizes = `first=${before.tree_size}&second=${after.tree_size}`;
    const proof = await call(`${ctLog}/ct/v1/get-sth-consistency?${sizes}`);
    expect(proof.json.consistency.length).toBeGreaterThan(0);
    const roots = (await call(`${ctLog}/ct/v1/get-roots`)).json.certificates;
    expect(Buffer.from(roots[0], 'base64')).toEqual(sandbox().parts.fulcio.root.certificate);
  });
});

/** A TBSCertificate with other extensions. */
function rebuildTbs(fields: readonly Buffer[], extensions: readonly Buffer[]): Buffer {
  const wrap = (tag: number, content: Buffer): Buffer => {
    const n = content.length;
    const length = n < 0x80 ? [n] : n < 0x100 ? [0x81, n] : [0x82, n >> 8, n & 0xff];
    return Buffer.concat([Buffer.from([tag, ...length]), content]);
  };
  const list = wrap(0xa3, wrap(0x30, Buffer.concat(extensions)));
  return wrap(0x30, Buffer.concat([...fields.slice(0, -1), list]));
}
