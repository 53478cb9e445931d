import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readCertificate } from '../../../src/core/x509/certificate.ts';
import { signerOf } from '../../../src/core/x509/identity.ts';
import { issueLeaf } from '../../../src/sandbox/fulcio/issue.ts';
import type { IssuedName } from '../../../src/sandbox/fulcio/leaf.ts';
import { useSandbox } from '../../support/sandbox.ts';

const sandbox = useSandbox();
const p256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

function leafFor(san: IssuedName, keys = p256(), at = 1_800_000_000_000): Buffer {
  const { fulcio, ctLog } = sandbox().parts;
  return issueLeaf(
    { authority: fulcio.intermediate, ctLog },
    {
      principal: { san, challenge: '', issuer: 'https://issuer.example.test', extensions: {} },
      spki: keys.publicKey.export({ type: 'spki', format: 'der' }),
      at,
      lifetimeSeconds: 600,
    },
  );
}

describe('a leaf that the sandbox issues', () => {
  it.each<IssuedName>([
    { kind: 'email', value: 'alice@example.test' },
    { kind: 'email', value: 'b"ob\u202e@example.test' },
    { kind: 'uri', value: 'https://ci.example.test/run?a=1&b=2' },
    { kind: 'otherName', value: 'alice!example.test' },
  ])('a certificate names its subject in a critical extension alone: $kind $value', async (san) => {
    const der = leafFor(san);
    const certificate = readCertificate(der);
    expect(Buffer.from(certificate.subject).toString('hex')).toBe('3000');
    expect(certificate.extensions.get('2.5.29.17')?.critical).toBe(true);
    expect(signerOf(certificate)).toMatchObject(san);
    expect(signerOf(readCertificate(leafFor({ ...san, value: 'x@y.test' })))).not.toMatchObject(
      san,
    );
  });

  it.each([
    ['P-521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' })],
    ['Ed25519', () => generateKeyPairSync('ed25519')],
  ] as const)('carries a key of another kind than its issuer’s: %s', async (_, generate) => {
    const keys = generate();
    const leaf = new X509Certificate(
      leafFor({ kind: 'email', value: 'alice@example.test' }, keys as never),
    );
    const { intermediate, root } = sandbox().parts.fulcio;
    expect(leaf.publicKey.equals(keys.publicKey)).toBe(true);
    expect(leaf.verify(intermediate.publicKey)).toBe(true);
    expect(leaf.verify(root.publicKey)).toBe(false);
  });

  it.each(['2049-12-31T23:45:00Z', '2049-12-31T23:55:00Z', '2050-01-01T00:00:00Z'])(
    'a leaf says when it begins and ends, in the two spellings that dates have: %s',
    (begins) => {
      const at = Date.parse(begins);
      const leaf = leafFor({ kind: 'email', value: 'alice@example.test' }, p256(), at);
      const { validFrom, validTo } = new X509Certificate(leaf);
      expect([Date.parse(validFrom), Date.parse(validTo)]).toEqual([at, at + 600_000]);
      const [seconds, spellings] = [at / 1000, ['491231', '20500101']];
      const count = (text: string): number => leaf.toString('latin1').split(text).length - 1;
      const late = [seconds, seconds + 600].filter((time) => time >= 2_524_608_000).length;
      expect(spellings.map(count)).toEqual([2 - late, late]);
    },
  );

  it('each certificate has another serial number', async () => {
    const serials = await Promise.all(
      Array.from({ length: 8 }, async () =>
        Buffer.from(
          readCertificate(leafFor({ kind: 'email', value: 'alice@example.test' })).serial,
        ).toString('hex'),
      ),
    );
    expect(new Set(serials).size).toBe(8);
  });
});
