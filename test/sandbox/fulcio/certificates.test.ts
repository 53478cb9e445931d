import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readCertificate } from '../../../src/core/x509/certificate.ts';
import { signerOf } from '../../../src/core/x509/identity.ts';
import type { IssuedName } from '../../../src/sandbox/fulcio/certificates.ts';
import { issueLeaf } from '../../../src/sandbox/fulcio/issue.ts';
import { useSandbox } from '../../support/sandbox.ts';

const sandbox = useSandbox();
const p256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

async function leafFor(san: IssuedName, keys = p256()): Promise<Buffer> {
  const { fulcio, ctLog } = sandbox().parts;
  return issueLeaf(
    { authority: fulcio.intermediate, ctLog },
    {
      principal: { san, challenge: '', issuer: 'https://issuer.example.test', extensions: {} },
      spki: keys.publicKey.export({ type: 'spki', format: 'der' }),
      at: 1_800_000_000_000,
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
    const der = await leafFor(san);
    const certificate = readCertificate(der);
    expect(Buffer.from(certificate.subject).toString('hex')).toBe('3000');
    expect(certificate.extensions.get('2.5.29.17')?.critical).toBe(true);
    expect(signerOf(certificate)).toMatchObject(san);
    expect(
      signerOf(readCertificate(await leafFor({ ...san, value: 'x@y.test' }))),
    ).not.toMatchObject(san);
  });

  it.each([
    ['P-521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' })],
    ['Ed25519', () => generateKeyPairSync('ed25519')],
  ] as const)('carries a key of another kind than its issuer’s: %s', async (_, generate) => {
    const keys = generate();
    const leaf = new X509Certificate(
      await leafFor({ kind: 'email', value: 'alice@example.test' }, keys as never),
    );
    const { intermediate, root } = sandbox().parts.fulcio;
    expect(leaf.publicKey.equals(keys.publicKey)).toBe(true);
    expect(leaf.verify(intermediate.publicKey)).toBe(true);
    expect(leaf.verify(root.publicKey)).toBe(false);
  });

  it('each certificate has another serial number', async () => {
    const serials = await Promise.all(
      Array.from({ length: 8 }, async () =>
        Buffer.from(
          readCertificate(await leafFor({ kind: 'email', value: 'alice@example.test' })).serial,
        ).toString('hex'),
      ),
    );
    expect(new Set(serials).size).toBe(8);
  });
});
