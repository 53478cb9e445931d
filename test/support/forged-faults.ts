/** Signatures forged with one fault, and where the maintained verifier sees it otherwise. */

import { utf8 } from '../../src/core/bytes.ts';
import { contextConstructed, Tag } from '../../src/core/cms/der.ts';
import type { Difference } from './differences.ts';
import { encode } from './forge/der.ts';
import { key } from './forge/keys.ts';
import { logIdOf } from './forge/log.ts';
import { authority } from './forge/tsa.ts';
import { type CertificateSpec, dates, ext, extensions, general, Oid, swap } from './forge/x509.ts';
import { type Overrides, rootSpec, T0, trustedChain, tsa, YEAR } from './forge.ts';

export type Fault = readonly [name: string, overrides: Overrides, differs?: Difference];

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
    'a leaf that signed itself (X01)',
    { leaf: (spec) => ({ ...spec, signer: spec.key, hash: 'sha256' }) },
  ],
  ['a foreign CA of the same name (X01)', { leaf: impostor }],
  [
    'a leaf issued by the root (X01)',
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
  ['no extended key usage (X02)', { leaf: extensions(Oid.eku) }, 'leaf usage'],
  [
    'extended key usage for servers (X02)',
    { leaf: extensions(Oid.eku, ext.eku([Oid.serverAuth])) },
    'leaf usage',
  ],
  ['no key usage (X02)', { leaf: extensions(Oid.keyUsage) }, 'leaf usage'],
  [
    'key usage for certificates (X02)',
    { leaf: extensions(Oid.keyUsage, ext.keyUsage(0x04)) },
    'leaf usage',
  ],
  [
    'the CA flag (X02)',
    { leaf: extensions(Oid.basicConstraints, ext.constraints(true)) },
    'leaf usage',
  ],
  ['an unknown critical extension (X02)', { leaf: extensions(unknown.oid, unknown) }, 'leaf usage'],
  [
    'an unknown extension (X02)',
    { leaf: extensions(unknown.oid, { ...unknown, critical: false }) },
  ],
  [
    'a P-384 signer (X02)',
    { leaf: (spec) => ({ ...spec, key: key('big signer', 'p384') }) },
    'profile',
  ],
  [
    'an intermediate without basic constraints (X03)',
    { intermediate: extensions(Oid.basicConstraints) },
  ],
  [
    'an intermediate that is no CA (X03)',
    { intermediate: extensions(Oid.basicConstraints, ext.constraints(false)) },
  ],
  [
    'an intermediate that may not sign certificates (X03)',
    { intermediate: extensions(Oid.keyUsage, ext.keyUsage(0x80)) },
  ],
  [
    'a root of path length 0 (X03)',
    { root: extensions(Oid.basicConstraints, ext.constraints(true, 0)) },
  ],
  ['an intermediate of another CA (X03)', { intermediate: impostor }],
  [
    'an intermediate for servers (X03)',
    { intermediate: extensions(Oid.eku, ext.eku([Oid.serverAuth])) },
    'CA usage',
  ],
  [
    'an intermediate with an unknown critical extension (X03)',
    { intermediate: extensions(unknown.oid, unknown) },
    'CA usage',
  ],
  ['the log a second early (X04)', { time: T0 - 6 }],
  ['the log at the first second (X04)', { time: T0 - 5 }],
  ['the log at the last second (X04)', { time: T0 + 595 }],
  ['the log a second late (X04)', { time: T0 + 596 }],
  ['an intermediate expired a second ago (X05)', { intermediate: dates(T0 - YEAR, T0 - 1) }],
  ['an intermediate in its last second (X05)', { intermediate: dates(T0 - YEAR, T0) }],
  ['an intermediate not yet valid (X05)', { intermediate: dates(T0 + 1, T0 + YEAR) }],
  ['a root expired a second ago (X05)', { root: dates(T0 - YEAR, T0 - 1) }],
  ['no SCT (X08)', { scts: () => [] }],
  [
    'an SCT of an unknown log (X08)',
    { scts: (base) => [{ ...base, key: stranger, logId: logIdOf(stranger, '') }] },
  ],
  ['an SCT of a stranger under a known id (X08)', { scts: (base) => [{ ...base, key: stranger }] }],
  ['an SCT for another issuer (X08)', { scts: (base) => [{ ...base, issuerSpki: stranger.spki }] }],
  [
    'an SCT with extensions (X08)',
    { scts: (base) => [{ ...base, extensions: Uint8Array.of(1, 2) }] },
  ],
  ['an SCT of another version (X08)', { scts: (base) => [{ ...base, version: 1 }] }],
  ['a good SCT and a bad one (X08)', { scts: (base) => [base, { ...base, key: stranger }] }],
  [
    'a good SCT and an unknown log\u2019s (X08)',
    { scts: (base) => [base, { ...base, key: stranger, logId: logIdOf(stranger, '') }] },
    'SCTs of strangers',
  ],
  ['one SCT twice (X08)', { scts: (base) => [base, base] }, 'SCT twice'],
  ['no name (X09)', { leaf: extensions(Oid.san) }, 'identity'],
  ['two names (X09)', san(alice, general.email('bob@forge.test')), 'identity'],
  ['a directory name (X09)', san(general.directory('alice')), 'identity'],
  ['a workflow\u2019s URI (X09)', san(general.uri('https://forge.test/w.yml'))],
  [
    'issuers that disagree (X10)',
    { leaf: extensions(Oid.issuerV1, ext.issuerV1('https://evil.test')) },
    'identity',
  ],
  [
    'no issuer (X10)',
    { leaf: (spec) => extensions(Oid.issuerV1)(extensions(Oid.issuerV2)(spec)) },
    'identity',
  ],
  [
    'an entry of another digest (R01)',
    { logged: (record) => ({ ...record, digest: new Uint8Array(32) }) },
  ],
  [
    'an entry of another certificate (R01)',
    { logged: (record) => ({ ...record, certificateDer: tsa().leaf }) },
  ],
  [
    'a fake log (R03)',
    {
      note: (note) => ({
        ...note,
        signatures: note.signatures.map((one) => ({ ...one, key: stranger })),
      }),
    },
  ],
  ['a promise by another key (R04)', { promise: (spec) => ({ ...spec, key: stranger }) }],
  [
    'a checkpoint of another size (R06)',
    { note: (note) => ({ ...note, size: '8' }) },
    'root and size',
  ],
  [
    'a checkpoint of another root (R06)',
    { note: (note) => ({ ...note, root: Buffer.alloc(32).toString('base64') }) },
  ],
  [
    'a size in hexadecimal, signed (R09)',
    { note: (note) => ({ ...note, size: '0x7' }) },
    'signed number',
  ],
  [
    'a size with a zero before, signed (R09)',
    { note: (note) => ({ ...note, size: '07' }) },
    'signed number',
  ],
  ['a good log time and a late token (R10)', { tokens: [{ time: T0 + 596 }] }],
  ['a late log time and a good token (R10)', { time: T0 + 596, tokens: [{}] }],
  ['a token over something else (R11)', { tokens: [{ data: utf8('x') }] }],
  ['an imprint by SHA-512 (R11)', { tokens: [{ imprintHash: 'sha512' }] }],
  [
    'a token that names another certificate (R11)',
    { tokens: [{ named: utf8('x') }] },
    'named certificate',
  ],
  [
    'extensions in TSTInfo (R11)',
    { tokens: [{ more: [encode(contextConstructed(1), encode(Tag.sequence))] }] },
    'timestamp info',
  ],
  ['TSTInfo of version 2 (R11)', { tokens: [{ version: 2 }] }, 'timestamp info'],
  [
    'TSTInfo changed after signing (R11)',
    { tokens: [{ info: (der) => der.with(-1, der.at(-1)! ^ 1) }] },
  ],
  [
    'a token signed by another key (R11)',
    { tokens: [{ message: (spec) => ({ ...spec, key: stranger }) }] },
  ],
  ['an authority that is not trusted (R11)', { tokens: [{ authority: authority('b', T0) }] }],
  [
    'a sibling of the listed TSA (R11)',
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
    'a CA alone in the trust root (R11)',
    {
      tokens: [{}],
      trust: (root) => {
        root.timestampAuthorities = [trustedChain('tsa', tsa().root)];
      },
    },
    'TSA under a CA',
  ],
  [
    'a TSA for code signing (R11)',
    unusual(extensions(Oid.eku, ext.eku([Oid.codeSigning], true))),
    'TSA usage',
  ],
  [
    'a TSA whose usage is not critical (R11)',
    unusual(extensions(Oid.eku, ext.eku([Oid.timeStamping], false))),
    'TSA usage',
  ],
  ['an expired TSA (R11)', unusual(dates(T0 - YEAR, T0 - 1))],
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
  ['no timestamp (R13)', { tokens: [] }],
  ['no proof (R13)', { entry: ({ inclusionProof: _, ...entry }) => entry }],
  ['no log signature (R13)', { note: (note) => ({ ...note, signatures: [] }) }],
  [
    'another cosigner (R13)',
    {
      note: (note) => ({
        ...note,
        signatures: note.signatures.map((one) => ({ ...one, key: key('w', 'ed25519') })),
      }),
    },
  ],
  [
    'a wrong name (R13)',
    {
      note: (note) => ({
        ...note,
        signatures: note.signatures.map((one) => ({ ...one, name: 'evil.test' })),
      }),
    },
  ],
  [
    'an origin not its own (R13)',
    { note: (note) => ({ ...note, origin: 'evil.test' }) },
    'part of a name',
  ],
  [
    'the id of the bare key (R13)',
    {
      entry: (entry) => ({
        ...entry,
        logId: logIdOf({ ...key('rekor2', 'ed25519'), kind: 'p256' }, ''),
      }),
    },
  ],
];
