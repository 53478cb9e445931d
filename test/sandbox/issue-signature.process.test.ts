/** What the sandbox signs, judged by our core and by the verifiers of others. */

import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { ContentInfo } from 'pkijs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleSignedData } from '../../src/core/cms/assemble.ts';
import type { TrustMaterial } from '../../src/core/trust/trust-material.ts';
import { parseTrustedRoot } from '../../src/core/trust/trusted-root.ts';
import type { Verdict } from '../../src/core/verdict.ts';
import { verifyDetached } from '../../src/core/verify.ts';
import { signSct } from '../../src/sandbox/fulcio/ctlog.ts';
import { type IssuedSignature, newKeys, type SignatureRequest } from '../../src/sandbox/index.ts';
import { encodeEntry } from '../../src/sandbox/rekor/entry-writer.ts';
import { timestampResponse } from '../../src/sandbox/timestamp-authority.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { scratchDirectory, useSandbox } from '../support/sandbox.ts';
import { haveTools } from '../support/tools.ts';

const sandbox = useSandbox();
const person = 'Alice <alice@example.test> 1700000000 +0000';
const payload = Buffer.from(
  `tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor ${person}\ncommitter ${person}\n\nsigned\n`,
);
const scratch = scratchDirectory('issue');
let trust: TrustMaterial;

beforeAll(() => {
  trust = parseTrustedRoot(
    readFileSync(sandbox().files.trustedRoot, 'utf8'),
    'sandbox',
    nodeCrypto,
  );
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function ours(issued: IssuedSignature): Promise<Verdict> {
  const context = { crypto: nodeCrypto, trust, now: Math.floor(Date.now() / 1000) + 60 };
  return verifyDetached(payload, Buffer.from(issued.armor), context);
}

/** The signature as a Sigstore bundle: its artifact is the signed attributes. */
function bundleOf(
  { certificate, entry, signature, signedAttributes, timestampToken }: IssuedSignature,
  body: Buffer,
): unknown {
  const base64 = (bytes: Uint8Array | undefined): string =>
    Buffer.from(bytes ?? []).toString('base64');
  const proof = entry?.proof;
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      certificate: { rawBytes: base64(certificate) },
      tlogEntries: [
        {
          logIndex: String(entry?.logIndex),
          logId: { keyId: base64(entry?.logId) },
          kindVersion: { kind: 'hashedrekord', version: entry?.version },
          integratedTime: String(entry?.integratedTime),
          ...(entry?.signedEntryTimestamp
            ? { inclusionPromise: { signedEntryTimestamp: base64(entry.signedEntryTimestamp) } }
            : {}),
          inclusionProof: {
            logIndex: String(proof?.logIndex),
            rootHash: base64(proof?.rootHash),
            treeSize: String(proof?.treeSize),
            hashes: proof?.hashes.map(base64),
            checkpoint: { envelope: proof?.checkpoint },
          },
          canonicalizedBody: base64(body),
        },
      ],
      timestampVerificationData: timestampToken
        ? {
            rfc3161Timestamps: [
              { signedTimestamp: base64(timestampResponse(ContentInfo.fromBER(timestampToken))) },
            ],
          }
        : {},
    },
    messageSignature: {
      messageDigest: {
        algorithm: 'SHA2_256',
        digest: base64(nodeCrypto.hash('sha256', signedAttributes)),
      },
      signature: base64(signature),
    },
  };
}

function oracle(issued: IssuedSignature, body: Buffer): void {
  const root = TrustedRoot.fromJSON(JSON.parse(readFileSync(sandbox().files.trustedRoot, 'utf8')));
  const bundle = bundleFromJSON(bundleOf(issued, body));
  const verifier = new Verifier(toTrustMaterial(root), {
    tlogThreshold: 1,
    ctlogThreshold: 1,
    timestampThreshold: 1,
  });
  verifier.verify(toSignedEntity(bundle, issued.signedAttributes), {
    subjectAlternativeName: 'alice@example.test',
  });
}

const issue = (request: SignatureRequest = {}): Promise<IssuedSignature> =>
  sandbox().issueSignature(payload, request);

describe('a signature made in process', () => {
  it('a signature with a Rekor v1 entry holds for the core and for @sigstore/verify', async () => {
    const issued = await issue();
    expect(await ours(issued)).toMatchObject({
      status: 'verified',
      signer: { kind: 'email', value: 'alice@example.test', issuer: sandbox().urls.issuer },
    });
    const stored = sandbox().parts.rekor.byIndex(issued.entry?.logIndex ?? -1);
    oracle(issued, stored?.body ?? Buffer.alloc(0));
  });

  it.skipIf(!haveTools('openssl'))(
    'openssl verifies the CMS for the signed content alone',
    async () => {
      const issued = await issue();
      writeFileSync(join(scratch, 'cms'), issued.cms);
      writeFileSync(join(scratch, 'payload'), payload);
      const args = [
        'cms',
        '-verify',
        '-binary',
        '-inform',
        'DER',
        '-in',
        join(scratch, 'cms'),
        '-content',
        join(scratch, 'payload'),
      ];
      const flags = [
        '-CAfile',
        sandbox().files.fulcioChain,
        '-purpose',
        'any',
        '-out',
        '/dev/null',
      ];
      expect(spawnSync('openssl', [...args, ...flags]).status).toBe(0);
      writeFileSync(join(scratch, 'payload'), 'something else');
      expect(spawnSync('openssl', [...args, ...flags]).status).not.toBe(0);
    },
  );

  it('a signature with a Rekor v2 entry and a timestamp holds for both verifiers', async () => {
    const issued = await issue({ rekor: 2, timestamp: true });
    expect(await ours(issued)).toMatchObject({ status: 'verified' });
    oracle(issued, sandbox().parts.rekorV2.body(issued.entry?.logIndex ?? -1) ?? Buffer.alloc(0));
  });

  it.each<[string, SignatureRequest]>([
    ['a Rekor v1 entry', {}],
    ['a Rekor v2 entry and a timestamp', { rekor: 2, timestamp: true }],
    ['nothing', { rekor: 'none' }],
  ])('pkijs and the product write the CMS with %s byte for byte alike', async (_, request) => {
    const { cms, certificate, entry, ...issued } = await issue(request);
    const parts = {
      ...issued,
      certificateDer: certificate,
      signedAttrs: issued.signedAttributes,
      logEntry: entry && encodeEntry(entry),
    };
    expect(Buffer.from(assembleSignedData(parts)).equals(cms)).toBe(true);
    const signature = Uint8Array.from(issued.signature, (octet) => octet ^ 1);
    expect(Buffer.from(assembleSignedData({ ...parts, signature })).equals(cms)).toBe(false);
  });

  it('a signature can be made as gitsign stores v2 entries, and for a workflow', async () => {
    expect(
      await ours(await issue({ rekor: 2, timestamp: true, kindVersion: '0.0.1' })),
    ).toMatchObject({
      status: 'verified',
    });
    const principal = {
      san: { kind: 'uri', value: 'https://ci.example/run' },
      challenge: '',
      issuer: 'https://ci.example',
      extensions: { 5: 'acme/app' },
    } as const;
    expect(await ours(await issue({ principal }))).toMatchObject({
      status: 'verified',
      signer: {
        kind: 'uri',
        value: 'https://ci.example/run',
        issuer: 'https://ci.example',
        extensions: { 5: 'acme/app' },
      },
    });
  });

  const wrong: Record<string, { readonly request: () => SignatureRequest; readonly code: string }> =
    {
      'no entry': { request: () => ({ rekor: 'none' }), code: 'log-entry-absent' },
      'v2 without a timestamp': { request: () => ({ rekor: 2 }), code: 'time-missing' },
      'logged after the certificate lapsed': {
        request: () => ({ at: Date.now() - 3_600_000, loggedAfter: 700_000 }),
        code: 'certificate-expired-at-signing',
      },
      'no SCT': { request: () => ({ leaf: { scts: () => [] } }), code: 'sct-missing' },
      'an SCT of a foreign log': {
        request: () => ({
          leaf: {
            scts: (_usual, tbs) => [
              signSct(newKeys(), tbs, sandbox().parts.fulcio.intermediate.publicKey, Date.now()),
            ],
          },
        }),
        code: 'sct-invalid',
      },
      'a changed integrated time': {
        request: () => ({
          entry: (entry) => ({ ...entry, integratedTime: entry.integratedTime - 1 }),
        }),
        code: 'inclusion-promise-invalid',
      },
    };
  for (const [name, { request, code }] of Object.entries(wrong)) {
    it(`can be bent: ${name} is ${code}`, async () => {
      expect(await ours(await issue(request()))).toMatchObject({ code });
    });
  }
});
