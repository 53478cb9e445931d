import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { trustFromKeyFiles } from '../../../src/core/trust/key-files.ts';
import { verifyDetached } from '../../../src/core/verify.ts';
import { isSignetError } from '../../../src/errors.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';
import { key } from '../../support/forge/keys.ts';
import { pem } from '../../support/forge/log.ts';
import { certificate, commonName, ext, Oid, swap } from '../../support/forge/x509.ts';
import { forge, T0, tsa, YEAR } from '../../support/forge.ts';
import { vector } from '../../support/gitsign-vectors.ts';

const VECTORS = new URL('../../vectors/gitsign/trust/', import.meta.url);
const file = (name: string) => ({ text: readFileSync(new URL(name, VECTORS), 'utf8'), path: name });
const real = {
  fulcio: file('fulcio-chain.pem'),
  rekor: file('rekor.pub'),
  ctLog: file('ctlog.pub'),
  timestampChain: file('tsa-chain.pem'),
};
const now = Date.parse('2027-11-21T00:00:00Z') / 1000;

function publicKeyPem(spki: Uint8Array): string {
  return pem(spki).replaceAll('CERTIFICATE', 'PUBLIC KEY');
}
function complaint(act: () => unknown): string {
  try {
    act();
    return 'read';
  } catch (error) {
    if (!isSignetError(error)) throw error;
    expect(error).toMatchObject({ code: 'TRUST_FILE', exitCode: 2 });
    return error.message;
  }
}

describe('gitsign\u2019s key files', () => {
  it.each(['offline/01-plain.commit', 'tsa/01-offline-immediate.commit', 'tags/01-offline.tag'])(
    'vouch for %s',
    async (name) => {
      const { payload, signature } = vector(name);
      const trust = trustFromKeyFiles(real, nodeCrypto);
      expect(
        await verifyDetached(payload, signature, { crypto: nodeCrypto, trust, now }),
      ).toMatchObject({ status: 'verified' });
    },
  );

  it('a v2 log\u2019s id needs its origin, which a bare key does not tell: unknown, not trusted (R03)', async () => {
    const { payload, signature } = vector('rekor2/03-offline-tsa.commit');
    const trust = trustFromKeyFiles({ ...real, rekor: file('rekor2.pub') }, nodeCrypto);
    expect(
      await verifyDetached(payload, signature, { crypto: nodeCrypto, trust, now }),
    ).toMatchObject({ code: 'log-unknown' });
  });

  it('carry over what the rest leaves out, but for logs that a file replaces (T09)', () => {
    const { trust: rest } = forge({
      trust: (root) => {
        root.tlogs[0].publicKey.keyDetails = 'ML_DSA_65';
        root.ctlogs[0].publicKey.keyDetails = 'ML_DSA_65';
      },
    });
    const leftOut = (names: readonly (keyof typeof real)[]): readonly string[] => {
      const files = Object.fromEntries(names.map((name) => [name, real[name]]));
      return trustFromKeyFiles(files, nodeCrypto, rest).leftOut.map(({ kind }) => kind);
    };
    expect(leftOut(['fulcio'])).toEqual(['log', 'CT log']);
    expect(leftOut(['rekor'])).toEqual(['CT log']);
    expect(leftOut(['rekor', 'ctLog'])).toEqual([]);
    expect(trustFromKeyFiles(real, nodeCrypto).leftOut).toEqual([]);
  });

  const { chain, ...forged } = forge({ tokens: [{}] });
  const files = (fulcio: readonly Uint8Array[]) => ({
    fulcio: { text: fulcio.map(pem).join(''), path: 'fulcio.pem' },
    rekor: { text: publicKeyPem(key('rekor').spki), path: 'rekor.pub' },
    ctLog: { text: publicKeyPem(key('ct log').spki), path: 'ct.pub' },
    timestampChain: { text: [tsa().root, tsa().leaf].map(pem).join('\n'), path: 'tsa.pem' },
  });
  const judged = async (fulcio: readonly Uint8Array[]) =>
    verifyDetached(forged.payload, forged.signature, {
      ...forged.context,
      trust: trustFromKeyFiles(files(fulcio), nodeCrypto),
    });

  it('key files may stand in any order, and foreign keys beside them do no harm', async () => {
    const own = key('stranger root');
    const stranger = certificate({
      version: 2,
      serial: Uint8Array.of(1),
      issuer: commonName('stranger'),
      subject: commonName('stranger'),
      notBefore: 0,
      notAfter: T0 + YEAR,
      key: own,
      signer: own,
      hash: 'sha256',
      extensions: [ext.constraints(true)],
    });
    for (const order of [chain, chain.toReversed(), [stranger, ...chain], [...chain, stranger]]) {
      expect(await judged(order)).toMatchObject({ status: 'verified' });
    }
    expect(await judged([stranger])).toMatchObject({ code: 'issuer-untrusted' });
  });

  it('key files may hold chains of any depth', async () => {
    const parent = key('fulcio intermediate', 'p384');
    const own = key('deep');
    const deep = certificate({
      version: 2,
      serial: Uint8Array.of(8),
      issuer: commonName('intermediate'),
      subject: commonName('deep'),
      notBefore: T0 - YEAR,
      notAfter: T0 + YEAR,
      key: own,
      signer: parent,
      hash: 'sha384',
      extensions: [ext.keyUsage(0x06), ext.constraints(true), ext.ski(own), ext.aki(parent)],
    });
    const below = forge({
      root: (root) => ({
        ...root,
        extensions: swap(root.extensions, Oid.basicConstraints, ext.constraints(true)),
      }),
      intermediate: (ca) => ({
        ...ca,
        extensions: swap(ca.extensions, Oid.basicConstraints, ext.constraints(true)),
      }),
      leaf: (leaf) => ({
        ...leaf,
        issuer: commonName('deep'),
        signer: own,
        hash: 'sha256',
        extensions: swap(leaf.extensions, Oid.aki, ext.aki(own)),
      }),
      scts: (base) => [{ ...base, issuerSpki: own.spki }],
    });
    const trust = trustFromKeyFiles(files([...below.chain, deep]), nodeCrypto);
    expect(
      await verifyDetached(below.payload, below.signature, { ...below.context, trust }),
    ).toMatchObject({ status: 'verified' });
    const without = trustFromKeyFiles(files(below.chain), nodeCrypto);
    expect(
      await verifyDetached(below.payload, below.signature, { ...below.context, trust: without }),
    ).toMatchObject({ code: 'issuer-untrusted' });
  });

  it('two CAs that certify one another make no endless chain', () => {
    const [a, b] = [key('loop a'), key('loop b')];
    const cross = (subject: string, own: typeof a, issuer: string, signer: typeof a): Uint8Array =>
      certificate({
        version: 2,
        serial: Uint8Array.of(1),
        issuer: commonName(issuer),
        subject: commonName(subject),
        notBefore: 0,
        notAfter: T0,
        key: own,
        signer,
        hash: 'sha256',
        extensions: [ext.constraints(true)],
      });
    const text = [cross('a', a, 'b', b), cross('b', b, 'a', a)].map(pem).join('');
    expect(
      complaint(() =>
        trustFromKeyFiles({ ...files(chain), fulcio: { text, path: 'loop.pem' } }, nodeCrypto),
      ),
    ).toContain('loop.pem');
  });

  it.each([
    ['nothing', ''],
    ['no PEM', 'hello'],
    ['another label', publicKeyPem(key('rekor').spki)],
    ['bad base64', '-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n'],
    [
      'a certificate that is none',
      '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n',
    ],
    ['an intermediate alone', pem(chain[0]!)],
  ])('the error names the file that holds %s', (_, text) => {
    expect(
      complaint(() =>
        trustFromKeyFiles({ ...files(chain), fulcio: { text, path: 'broken.pem' } }, nodeCrypto),
      ),
    ).toContain('broken.pem');
  });

  it('the error names the key file of an unsupported kind', () => {
    const odd = publicKeyPem(Uint8Array.of(0x30, 0x00));
    expect(
      complaint(() =>
        trustFromKeyFiles({ ...files(chain), rekor: { text: odd, path: 'odd.pub' } }, nodeCrypto),
      ),
    ).toContain('odd.pub');
  });

  it('the same text in another role is another trust: digests differ', () => {
    const text = { text: publicKeyPem(key('rekor').spki), path: 'one.pub' };
    expect(trustFromKeyFiles({ rekor: text }, nodeCrypto).digest).not.toBe(
      trustFromKeyFiles({ ctLog: text }, nodeCrypto).digest,
    );
    expect(trustFromKeyFiles(files(chain), nodeCrypto).digest).toBe(
      trustFromKeyFiles(files(chain), nodeCrypto).digest,
    );
  });
});
