/** Signatures forged with one fault, and where the maintained verifier sees it otherwise. */

import { utf8 } from '../../src/core/bytes.ts';
import { contextConstructed, Tag } from '../../src/core/cms/der.ts';
import type { Difference } from './differences.ts';
import { encode } from './forge/der.ts';
import { key } from './forge/keys.ts';
import { logIdOf } from './forge/log.ts';
import { authority } from './forge/tsa.ts';
import { type CertificateSpec, ext, general, Oid, swap } from './forge/x509.ts';
import { type Overrides, rootSpec, T0, trustedChain, tsa, YEAR } from './forge.ts';

export type Fault = readonly [name: string, overrides: Overrides, differs?: Difference];

const extensions =
  (oid: string, ...by: CertificateSpec['extensions']) =>
  (spec: CertificateSpec): CertificateSpec => ({
    ...spec,
    extensions: swap(spec.extensions, oid, ...by),
  });
const dates =
  (notBefore: number, notAfter: number) =>
  (spec: CertificateSpec): CertificateSpec => ({ ...spec, notBefore, notAfter });
const unknown = { oid: '1.3.6.1.4.1.57264.99.1', critical: true, value: encode(0x05) };
const own = key('impostor', 'p384');
const impostor = (spec: CertificateSpec): CertificateSpec => ({ ...spec, signer: own });
const stranger = key('stranger');
const san = (...names: readonly Uint8Array[]): Overrides => ({
  leaf: extensions(Oid.san, ext.san(...names)),
});
const alice = general.email('alice@forge.test');

export const faults: readonly Fault[] = [
  [
    'X01 a leaf that signed itself',
    { leaf: (spec) => ({ ...spec, signer: spec.key, hash: 'sha256' }) },
  ],
  ['X01 a foreign CA of the same name', { leaf: impostor }],
  [
    'X01 a leaf issued by the root',
    {
      leaf: (spec) => ({
        ...spec,
        issuer: rootSpec().subject,
        signer: rootSpec().key,
        extensions: swap(spec.extensions, Oid.aki),
      }),
      scts: (base) => [{ ...base, issuerSpki: rootSpec().key.spki }],
    },
  ],
  ['X02 no extended key usage', { leaf: extensions(Oid.eku) }, 'leaf usage'],
  [
    'X02 extended key usage for servers',
    { leaf: extensions(Oid.eku, ext.eku([Oid.serverAuth])) },
    'leaf usage',
  ],
  ['X02 no key usage', { leaf: extensions(Oid.keyUsage) }, 'leaf usage'],
  [
    'X02 key usage for certificates',
    { leaf: extensions(Oid.keyUsage, ext.keyUsage(0x04)) },
    'leaf usage',
  ],
  [
    'X02 the CA flag',
    { leaf: extensions(Oid.basicConstraints, ext.constraints(true)) },
    'leaf usage',
  ],
  ['X02 an unknown critical extension', { leaf: extensions(unknown.oid, unknown) }, 'leaf usage'],
  ['X02 an unknown extension', { leaf: extensions(unknown.oid, { ...unknown, critical: false }) }],
  [
    'X02 a P-384 signer',
    { leaf: (spec) => ({ ...spec, key: key('big signer', 'p384') }) },
    'profile',
  ],
  [
    'X03 an intermediate without basic constraints',
    { intermediate: extensions(Oid.basicConstraints) },
  ],
  [
    'X03 an intermediate that is no CA',
    { intermediate: extensions(Oid.basicConstraints, ext.constraints(false)) },
  ],
  [
    'X03 an intermediate that may not sign certificates',
    { intermediate: extensions(Oid.keyUsage, ext.keyUsage(0x80)) },
  ],
  [
    'X03 a root of path length 0',
    { root: extensions(Oid.basicConstraints, ext.constraints(true, 0)) },
  ],
  ['X03 an intermediate of another CA', { intermediate: impostor }],
  [
    'X03 an intermediate for servers',
    { intermediate: extensions(Oid.eku, ext.eku([Oid.serverAuth])) },
    'CA usage',
  ],
  [
    'X03 an intermediate with an unknown critical extension',
    { intermediate: extensions(unknown.oid, unknown) },
    'CA usage',
  ],
  ['X04 the log a second early', { time: T0 - 6 }],
  ['X04 the log at the first second', { time: T0 - 5 }],
  ['X04 the log at the last second', { time: T0 + 595 }],
  ['X04 the log a second late', { time: T0 + 596 }],
  ['X05 an intermediate expired a second ago', { intermediate: dates(T0 - YEAR, T0 - 1) }],
  ['X05 an intermediate in its last second', { intermediate: dates(T0 - YEAR, T0) }],
  ['X05 an intermediate not yet valid', { intermediate: dates(T0 + 1, T0 + YEAR) }],
  ['X05 a root expired a second ago', { root: dates(T0 - YEAR, T0 - 1) }],
  ['X08 no SCT', { scts: () => [] }],
  [
    'X08 an SCT of an unknown log',
    { scts: (base) => [{ ...base, key: stranger, logId: logIdOf(stranger, '') }] },
  ],
  ['X08 an SCT of a stranger under a known id', { scts: (base) => [{ ...base, key: stranger }] }],
  ['X08 an SCT for another issuer', { scts: (base) => [{ ...base, issuerSpki: stranger.spki }] }],
  [
    'X08 an SCT with extensions',
    { scts: (base) => [{ ...base, extensions: Uint8Array.of(1, 2) }] },
  ],
  ['X08 an SCT of another version', { scts: (base) => [{ ...base, version: 1 }] }],
  ['X08 a good SCT and a bad one', { scts: (base) => [base, { ...base, key: stranger }] }],
  [
    'X08 a good SCT and an unknown log\u2019s',
    { scts: (base) => [base, { ...base, key: stranger, logId: logIdOf(stranger, '') }] },
    'SCTs of strangers',
  ],
  ['X08 one SCT twice', { scts: (base) => [base, base] }, 'SCT twice'],
  ['X09 no name', { leaf: extensions(Oid.san) }, 'identity'],
  ['X09 two names', san(alice, general.email('bob@forge.test')), 'identity'],
  ['X09 a directory name', san(general.directory('alice')), 'identity'],
  ['X09 a workflow\u2019s URI', san(general.uri('https://forge.test/w.yml'))],
  [
    'X10 issuers that disagree',
    { leaf: extensions(Oid.issuerV1, ext.issuerV1('https://evil.test')) },
    'identity',
  ],
  [
    'X10 no issuer',
    { leaf: (spec) => extensions(Oid.issuerV1)(extensions(Oid.issuerV2)(spec)) },
    'identity',
  ],
  [
    'R01 an entry of another digest',
    { logged: (record) => ({ ...record, digest: new Uint8Array(32) }) },
  ],
  [
    'R01 an entry of another certificate',
    { logged: (record) => ({ ...record, certificateDer: tsa().leaf }) },
  ],
  [
    'R03 a fake log',
    {
      note: (note) => ({
        ...note,
        signatures: note.signatures.map((one) => ({ ...one, key: stranger })),
      }),
    },
  ],
  ['R04 a promise by another key', { promise: (spec) => ({ ...spec, key: stranger }) }],
  [
    'R06 a checkpoint of another size',
    { note: (note) => ({ ...note, size: '8' }) },
    'root and size',
  ],
  [
    'R06 a checkpoint of another root',
    { note: (note) => ({ ...note, root: Buffer.alloc(32).toString('base64') }) },
  ],
  [
    'R09 a size in hexadecimal, signed',
    { note: (note) => ({ ...note, size: '0x7' }) },
    'signed number',
  ],
  [
    'R09 a size with a zero before, signed',
    { note: (note) => ({ ...note, size: '07' }) },
    'signed number',
  ],
  ['R10 a good log time and a late token', { tokens: [{ time: T0 + 596 }] }],
  ['R10 a late log time and a good token', { time: T0 + 596, tokens: [{}] }],
  ['R11 a token over something else', { tokens: [{ data: utf8('x') }] }],
  ['R11 an imprint by SHA-512', { tokens: [{ imprintHash: 'sha512' }] }],
  [
    'R11 a token that names another certificate',
    { tokens: [{ named: utf8('x') }] },
    'named certificate',
  ],
  [
    'R11 extensions in TSTInfo',
    { tokens: [{ more: [encode(contextConstructed(1), encode(Tag.sequence))] }] },
    'timestamp info',
  ],
  ['R11 TSTInfo of version 2', { tokens: [{ version: 2 }] }, 'timestamp info'],
  [
    'R11 TSTInfo changed after signing',
    { tokens: [{ info: (der) => der.with(-1, der.at(-1)! ^ 1) }] },
  ],
  [
    'R11 a token signed by another key',
    { tokens: [{ message: (spec) => ({ ...spec, key: stranger }) }] },
  ],
  ['R11 an authority that is not trusted', { tokens: [{ authority: authority('b', T0) }] }],
  [
    'R11 a sibling of the listed TSA',
    {
      tokens: [
        {
          authority: authority('tsa', T0, (leaf) => ({
            ...leaf,
            serial: Uint8Array.of(0x2b),
            key: stranger,
            extensions: swap(leaf.extensions, Oid.ski, ext.ski(stranger)),
          })),
        },
      ],
    },
  ],
  [
    'R11 a CA alone in the trust root',
    {
      tokens: [{}],
      trust: (root) => {
        root.timestampAuthorities = [trustedChain('tsa', tsa().root)];
      },
    },
    'TSA under a CA',
  ],
  [
    'R11 a TSA for code signing',
    unusual(extensions(Oid.eku, ext.eku([Oid.codeSigning], true))),
    'TSA usage',
  ],
  [
    'R11 a TSA whose usage is not critical',
    unusual(extensions(Oid.eku, ext.eku([Oid.timeStamping], false))),
    'TSA usage',
  ],
  ['R11 an expired TSA', unusual(dates(T0 - YEAR, T0 - 1))],
];

function unusual(change: (spec: CertificateSpec) => CertificateSpec): Overrides {
  const one = authority('unusual', T0, change);
  return {
    tokens: [{ authority: one }],
    trust: (root) => {
      root.timestampAuthorities = [trustedChain('tsa', one.leaf, one.root)];
    },
  };
}

export const faultsOfV2: readonly Fault[] = [
  ['R13 no timestamp', { tokens: [] }],
  ['R13 no proof', { entry: ({ inclusionProof: _, ...entry }) => entry }],
  ['R13 no log signature', { note: (note) => ({ ...note, signatures: [] }) }],
  [
    'R13 another cosigner',
    {
      note: (note) => ({
        ...note,
        signatures: note.signatures.map((one) => ({ ...one, key: key('w', 'ed25519') })),
      }),
    },
  ],
  [
    'R13 a wrong name',
    {
      note: (note) => ({
        ...note,
        signatures: note.signatures.map((one) => ({ ...one, name: 'evil.test' })),
      }),
    },
  ],
  [
    'R13 an origin not its own',
    { note: (note) => ({ ...note, origin: 'evil.test' }) },
    'part of a name',
  ],
  [
    'R13 the id of the bare key',
    {
      entry: (entry) => ({
        ...entry,
        logId: logIdOf({ ...key('rekor2', 'ed25519'), kind: 'p256' }, ''),
      }),
    },
  ],
];
