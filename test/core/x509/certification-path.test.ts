import { describe, expect, it } from 'vitest';
import { equal } from '../../../src/core/bytes.ts';
import { readCertificate } from '../../../src/core/x509/certificate.ts';
import { certificationPaths, readAuthorities } from '../../../src/core/x509/certification-path.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';
import { encode } from '../../support/forge/der.ts';
import { key } from '../../support/forge/keys.ts';
import {
  type CertificateSpec,
  certificate,
  commonName,
  dates,
  ext,
  extensions,
  general,
  Oid,
  swap,
} from '../../support/forge/x509.ts';
import {
  codeOf,
  date,
  forge,
  type Json,
  judge,
  type Overrides,
  rootSpec,
  T0,
  trustedChain,
  YEAR,
} from '../../support/forge.ts';

const UNKNOWN = { oid: '1.3.6.1.4.1.57264.99.1', value: encode(0x05) };

/** A CA below the forge's intermediate, and the overrides that let it issue the leaf. */
function below(change: (sub: CertificateSpec) => CertificateSpec = (sub) => sub): Overrides {
  const parent = key('fulcio intermediate', 'p384');
  const own = key('subordinate');
  const sub = change({
    version: 2,
    serial: Uint8Array.of(3),
    issuer: commonName('intermediate'),
    subject: commonName('subordinate'),
    notBefore: T0 - YEAR,
    notAfter: T0 + YEAR,
    key: own,
    signer: parent,
    hash: 'sha384',
    extensions: [ext.keyUsage(0x06), ext.constraints(true, 0), ext.ski(own), ext.aki(parent)],
  });
  return {
    root: extensions(Oid.basicConstraints, ext.constraints(true, 2)),
    intermediate: extensions(Oid.basicConstraints, ext.constraints(true, 1)),
    leaf: (leaf) => ({
      ...leaf,
      issuer: sub.subject,
      signer: own,
      hash: 'sha256',
      extensions: swap(leaf.extensions, Oid.aki, ext.aki(own)),
    }),
    scts: (base) => [{ ...base, issuerSpki: own.spki }],
    trust: (root) => {
      root.certificateAuthorities[0].certChain.certificates.unshift({
        rawBytes: Buffer.from(certificate(sub)).toString('base64'),
      });
    },
  };
}

/** Another CA with the forge's own names. */
const impostor = (spec: CertificateSpec): CertificateSpec => {
  const own = key('impostor', 'p384');
  return { ...spec, signer: own, extensions: swap(spec.extensions, Oid.aki, ext.aki(own)) };
};

describe('chain (X01)', () => {
  it('the leaf of a trusted authority is accepted (X01)', async () => {
    expect(await codeOf()).toBe('verified');
  });

  it('a leaf that signed itself is refused (X01, L5)', async () => {
    const leaf = (spec: CertificateSpec): CertificateSpec => ({
      ...spec,
      signer: spec.key,
      hash: 'sha256',
    });
    expect(await codeOf({ leaf })).toBe('issuer-untrusted');
    const selfNamed = (spec: CertificateSpec): CertificateSpec => ({
      ...leaf(spec),
      issuer: spec.subject,
    });
    expect(await codeOf({ leaf: selfNamed })).toBe('issuer-untrusted');
  });

  it('a foreign authority with the names of ours is refused (X01)', async () => {
    expect(await codeOf({ leaf: impostor })).toBe('issuer-untrusted');
    const keepingIdentifier = (spec: CertificateSpec): CertificateSpec => ({
      ...impostor(spec),
      extensions: spec.extensions,
    });
    expect(await codeOf({ leaf: keepingIdentifier })).toBe('issuer-untrusted');
  });

  it('the leaf of one instance is refused under the trust root of another (production, staging) (X01)', async () => {
    const other = forge({
      root: (root) => ({ ...root, serial: Uint8Array.of(9) }),
      intermediate: impostor,
    });
    expect(await codeOf({}, { trust: other.trust })).toBe('issuer-untrusted');
  });

  it('an issuer is not taken from the message, where it stands beside the leaf (X01)', async () => {
    const rogue = key('rogue root');
    const rogueRoot = certificate({ ...rootSpec(), key: rogue, signer: rogue, hash: 'sha256' });
    const overrides: Overrides = {
      leaf: (leaf) => ({
        ...leaf,
        signer: rogue,
        hash: 'sha256',
        issuer: rootSpec().subject,
        extensions: swap(leaf.extensions, Oid.aki),
      }),
      cms: (cms) => ({ ...cms, certificates: [rogueRoot, ...cms.certificates] }),
    };
    expect(await codeOf(overrides)).toBe('issuer-untrusted');
  });

  it('a leaf that the root itself issued is accepted, as Fulcio did in 2022 (X01)', async () => {
    const root = rootSpec();
    const leaf = (spec: CertificateSpec): CertificateSpec => ({
      ...spec,
      issuer: root.subject,
      signer: root.key,
      extensions: swap(spec.extensions, Oid.aki, ext.aki(root.key)),
    });
    const scts: Overrides['scts'] = (base) => [{ ...base, issuerSpki: root.key.spki }];
    expect(await codeOf({ leaf, scts })).toBe('verified');
  });

  it('a trust root without an authority leaves the signature undecided (X01)', async () => {
    const verdict = await judge({
      trust: (root) => {
        root.certificateAuthorities = [];
      },
    });
    expect(verdict).toMatchObject({ status: 'undecided', code: 'no-trust-material' });
  });

  it('a certificate whose signature is by an algorithm off the list is refused (X01)', async () => {
    const leaf = (spec: CertificateSpec): CertificateSpec => ({ ...spec, hash: 'sha1' });
    expect(await codeOf({ leaf })).toBe('issuer-untrusted');
  });

  it.each([0, 1, 2])(
    'a certificate with one octet of its signature changed is refused (%i from the end) (X01)',
    async (at) => {
      const leafDer = (der: Uint8Array): Uint8Array =>
        der.with(der.length - 1 - at, der.at(-1 - at)! ^ 1);
      expect(await codeOf({ leafDer })).toBe('issuer-untrusted');
    },
  );
});

describe('leaf (X02, L6)', () => {
  const cases: readonly [string, (spec: CertificateSpec) => CertificateSpec, string][] = [
    ['no extended key usage', extensions(Oid.eku), 'certificate-unsuitable'],
    [
      'extended key usage for servers',
      extensions(Oid.eku, ext.eku([Oid.serverAuth])),
      'certificate-unsuitable',
    ],
    [
      'extended key usage for timestamps',
      extensions(Oid.eku, ext.eku([Oid.timeStamping])),
      'certificate-unsuitable',
    ],
    [
      'any extended key usage',
      extensions(Oid.eku, ext.eku([Oid.anyUsage])),
      'certificate-unsuitable',
    ],
    ['an empty extended key usage', extensions(Oid.eku, ext.eku([])), 'certificate-unsuitable'],
    ['no key usage', extensions(Oid.keyUsage), 'certificate-unsuitable'],
    [
      'key usage for certificates',
      extensions(Oid.keyUsage, ext.keyUsage(0x04)),
      'certificate-unsuitable',
    ],
    [
      'key usage of no bits',
      extensions(Oid.keyUsage, { ...ext.keyUsage(0), value: Uint8Array.of(3, 1, 0) }),
      'certificate-unsuitable',
    ],
    [
      'malformed key usage',
      extensions(Oid.keyUsage, ext.keyUsage(0x80, 9)),
      'certificate-malformed',
    ],
    [
      'the CA flag',
      extensions(Oid.basicConstraints, ext.constraints(true, 0)),
      'certificate-unsuitable',
    ],
    [
      'an unknown critical extension',
      extensions(UNKNOWN.oid, { ...UNKNOWN, critical: true }),
      'certificate-unsuitable',
    ],
    [
      'a malformed authority key identifier',
      extensions(Oid.aki, { oid: Oid.aki, value: Uint8Array.of(0x71, 0) }),
      'certificate-malformed',
    ],
    [
      'malformed basic constraints',
      extensions(Oid.basicConstraints, {
        oid: Oid.basicConstraints,
        value: Uint8Array.of(0x30, 3, 1, 1, 2),
      }),
      'certificate-malformed',
    ],
    [
      'a malformed extended key usage',
      extensions(Oid.eku, { oid: Oid.eku, value: Uint8Array.of(0x30, 2, 6, 0) }),
      'certificate-malformed',
    ],
    [
      'a key that is not P-256',
      (spec) => ({ ...spec, key: key('big signer', 'p384') }),
      'cms-unsupported',
    ],
  ];
  it.each(cases)('the leaf is refused: %s (X02)', async (_, leaf, code) => {
    expect(await codeOf({ leaf })).toBe(code);
  });

  const good: readonly [string, (spec: CertificateSpec) => CertificateSpec][] = [
    ['an unknown extension that is not critical', extensions(UNKNOWN.oid, UNKNOWN)],
    [
      'code signing among other usages',
      extensions(Oid.eku, ext.eku([Oid.serverAuth, Oid.codeSigning])),
    ],
    ['critical extended key usage', extensions(Oid.eku, ext.eku([Oid.codeSigning], true))],
    ['the CA flag told to be false', extensions(Oid.basicConstraints, ext.constraints(false))],
    ['an other-name', extensions(Oid.san, ext.san(general.otherName('alice!forge.test')))],
    [
      'a subject alternative name that is not critical',
      extensions(Oid.san, { ...ext.san(general.email('alice@forge.test')), critical: false }),
    ],
  ];
  it.each(good)('the leaf is accepted: %s (X02)', async (_, leaf) => {
    expect(await codeOf({ leaf })).toBe('verified');
  });

  it('the authority itself is refused as signer (X02)', async () => {
    const root = rootSpec();
    const ca = (spec: CertificateSpec): CertificateSpec => ({
      ...spec,
      issuer: root.subject,
      signer: root.key,
      extensions: [
        ext.keyUsage(0x86),
        ext.eku([Oid.codeSigning]),
        ext.constraints(true, 0),
        ...spec.extensions.slice(4),
      ],
    });
    expect(await codeOf({ leaf: ca })).toBe('certificate-unsuitable');
  });
});

describe('intermediates (X03)', () => {
  it('a CA two below the root is accepted (X03)', async () => {
    expect(await codeOf(below())).toBe('verified');
  });

  const broken: readonly [string, (spec: CertificateSpec) => CertificateSpec][] = [
    ['no basic constraints', extensions(Oid.basicConstraints)],
    ['the CA flag false', extensions(Oid.basicConstraints, ext.constraints(false))],
    ['key usage without certificate signing', extensions(Oid.keyUsage, ext.keyUsage(0x80))],
    ['an extended key usage for something else', extensions(Oid.eku, ext.eku([Oid.serverAuth]))],
    ['an unknown critical extension', extensions(UNKNOWN.oid, { ...UNKNOWN, critical: true })],
    ['a signature by another CA', impostor],
    ['another issuer\u2019s name', (spec) => ({ ...spec, issuer: commonName('elsewhere') })],
  ];
  it.each(broken)('a subordinate CA with %s is refused (X03)', async (_, change) => {
    expect(await codeOf(below(change))).toBe('issuer-untrusted');
  });
  it.each(broken)('an intermediate CA with %s is refused (X03)', async (_, intermediate) => {
    expect(await codeOf({ intermediate })).toBe('issuer-untrusted');
  });

  /** Name constraints that permit the signer, so that only their being there can be the reason. */
  const constrained = (critical: boolean): ((spec: CertificateSpec) => CertificateSpec) =>
    extensions(Oid.nameConstraints, ext.nameConstraints(general.email('forge.test'), critical));
  it.each([
    [true, 'root'],
    [true, 'intermediate'],
    [false, 'root'],
    [false, 'intermediate'],
  ] as const)(
    'a CA with name constraints is refused, because they are not processed: critical %s, on the %s (X15)',
    async (critical, ca) => {
      expect(await judge({ [ca]: constrained(critical) })).toMatchObject({
        status: 'refused',
        code: 'issuer-untrusted',
        detail:
          'the certificate authority has name constraints, and this program does not process that',
      });
    },
  );
  it('a subordinate CA with name constraints is refused, and the same one without is accepted (X15)', async () => {
    expect(await codeOf(below(constrained(false)))).toBe('issuer-untrusted');
    expect(await codeOf(below(constrained(true)))).toBe('issuer-untrusted');
    expect(await codeOf(below())).toBe('verified');
  });
  it('a way past a CA with name constraints is taken if there is one (X15)', async () => {
    const chained: Overrides['trust'] = (root) => {
      const own = { ...rootSpec(), ...constrained(false)(rootSpec()), serial: Uint8Array.of(8) };
      const twin = structuredClone(root.certificateAuthorities[0]);
      twin.certChain.certificates[1] = {
        rawBytes: Buffer.from(certificate(own)).toString('base64'),
      };
      root.certificateAuthorities.unshift(twin);
    };
    expect(await codeOf({ trust: chained })).toBe('verified');
  });

  it('a leaf that is used as a CA is refused (X03)', async () => {
    const leafLike = (spec: CertificateSpec): CertificateSpec => ({
      ...spec,
      extensions: [ext.keyUsage(0x80), ext.eku([Oid.codeSigning]), ext.ski(spec.key)],
    });
    expect(await codeOf(below(leafLike))).toBe('issuer-untrusted');
    // nor where it comes in the message only
    const { trust: _, ...untold } = below(leafLike);
    expect(await codeOf(untold)).toBe('issuer-untrusted');
  });

  const lengths: readonly [root: number, intermediate: number, code: string][] = [
    [2, 1, 'verified'],
    [1, 1, 'issuer-untrusted'],
    [2, 0, 'issuer-untrusted'],
    [0, 1, 'issuer-untrusted'],
  ];
  it.each(lengths)(
    'path lengths %i at the root and %i below with one CA more: %s (X03)',
    async (top, middle, code) => {
      const overrides = {
        ...below(),
        root: extensions(Oid.basicConstraints, ext.constraints(true, top)),
        intermediate: extensions(Oid.basicConstraints, ext.constraints(true, middle)),
      };
      expect(await codeOf(overrides)).toBe(code);
    },
  );

  it('CAs without extended key usage, and with any, are accepted (X03)', async () => {
    expect(await codeOf({ intermediate: extensions(Oid.eku) })).toBe('verified');
    expect(await codeOf({ intermediate: extensions(Oid.eku, ext.eku([Oid.anyUsage])) })).toBe(
      'verified',
    );
  });
});

describe('time (X04)', () => {
  const [start, end] = [T0 - 5, T0 + 595];
  it.each([
    [start, 'verified'],
    [start - 1, 'certificate-expired-at-signing'],
    [end, 'verified'],
    [end + 1, 'certificate-expired-at-signing'],
  ])('a certificate at log time %i is %s (X04)', async (time, code) => {
    expect(await codeOf({ time })).toBe(code);
  });

  it('the certificate is judged at the proven time, not at now (X04)', async () => {
    expect(await codeOf({}, { now: T0 + 20 * YEAR })).toBe('verified');
    // a certificate good now and not then
    expect(await codeOf({ leaf: dates(T0 + 1, T0 + YEAR) })).toBe('certificate-expired-at-signing');
  });

  it('a message about a timestamp is refused, because its date would come from itself (L8)', async () => {
    const about = (version: number): Overrides => ({
      cms: (cms) => ({ ...cms, version, contentType: '1.2.840.113549.1.9.16.1.4' }),
    });
    expect(await codeOf(about(3))).toBe('cms-unsupported');
    expect(await codeOf(about(1))).toBe('cms-unsupported');
  });

  it('a certificate of one second is accepted in that second (X04)', async () => {
    expect(await codeOf({ leaf: dates(T0, T0) })).toBe('verified');
  });

  it('a certificate that ends before it starts is refused (X04)', async () => {
    expect(await codeOf({ leaf: dates(T0 + 1, T0 - 1) })).toBe('certificate-expired-at-signing');
  });
});

const MODES = [{}, { ignoreSct: true }];

describe.each(MODES)('authorities in time, %o (X05)', (mode) => {
  it.each(['root', 'intermediate'] as const)(
    'a time outside the %s is refused, to the second (X05)',
    async (ca) => {
      const at = async (change: Overrides[typeof ca]): Promise<string> =>
        codeOf({ [ca]: change }, mode);
      expect(await at(dates(T0 - YEAR, T0))).toBe('verified');
      expect(await at(dates(T0 - YEAR, T0 - 1))).toBe('certificate-expired-at-signing');
      expect(await at(dates(T0, T0 + YEAR))).toBe('verified');
      expect(await at(dates(T0 + 1, T0 + YEAR))).toBe('certificate-expired-at-signing');
    },
  );

  it('a CA in the middle is judged too (X05)', async () => {
    expect(await codeOf(below(dates(T0 - YEAR, T0)), mode)).toBe('verified');
    expect(await codeOf(below(dates(T0 - YEAR, T0 - 1)), mode)).toBe(
      'certificate-expired-at-signing',
    );
  });

  it('applies the dates that the trust root gives an authority, both ends inclusive (X06)', async () => {
    const at = async (validFor: Json): Promise<string> =>
      codeOf(
        {
          trust: (root) => {
            root.certificateAuthorities[0].validFor = validFor;
          },
        },
        mode,
      );
    expect(await at({ start: date(T0) })).toBe('verified');
    expect(await at({ start: date(T0 + 1) })).toBe('certificate-expired-at-signing');
    expect(await at({ start: date(T0 - 9), end: date(T0) })).toBe('verified');
    expect(await at({ start: date(T0 - 9), end: date(T0 - 1) })).toBe(
      'certificate-expired-at-signing',
    );
    expect(await at({ end: date(T0 + 1) })).toBe('verified');
  });
});

describe('same names (X07)', () => {
  const twin = (): Uint8Array => {
    const root = rootSpec();
    const own = key('twin', 'p384');
    return certificate({
      ...root,
      serial: Uint8Array.of(5),
      subject: commonName('intermediate'),
      key: own,
      notBefore: T0 - YEAR,
      extensions: [ext.keyUsage(0x06), ext.constraints(true, 0), ext.ski(own), ext.aki(root.key)],
    });
  };
  const both =
    (order: 'first' | 'last'): Overrides['trust'] =>
    (root) => {
      const chain = root.certificateAuthorities[0].certChain.certificates;
      const other = {
        ...root.certificateAuthorities[0],
        certChain: {
          certificates: [{ rawBytes: Buffer.from(twin()).toString('base64') }, chain[1]],
        },
      };
      if (order === 'first') root.certificateAuthorities.unshift(other);
      else root.certificateAuthorities.push(other);
    };

  it.each(['first', 'last'] as const)(
    'the issuer is found by its key if a namesake stands %s (X07)',
    async (order) => {
      expect(await codeOf({ trust: both(order) })).toBe('verified');
      // without key identifiers there is the signature alone to go by
      expect(await codeOf({ trust: both(order), leaf: extensions(Oid.aki) })).toBe('verified');
    },
  );

  it('the path has the certificate that signed, not its namesake (X07)', async () => {
    const forged = forge({ trust: both('first'), leaf: extensions(Oid.aki) });
    const store = readAuthorities(forged.trust.certificateAuthorities);
    const paths = await certificationPaths(
      readCertificate(forged.leaf),
      store,
      Oid.codeSigning,
      nodeCrypto,
    );
    expect(paths).toHaveLength(1);
    expect(equal(paths[0]!.issuer.der, forged.chain[0]!)).toBe(true);
  });

  it('a leaf of the namesake is refused if only the other CA is trusted (X07)', async () => {
    const own = key('twin', 'p384');
    const leaf = (spec: CertificateSpec): CertificateSpec => ({
      ...spec,
      signer: own,
      extensions: swap(spec.extensions, Oid.aki, ext.aki(own)),
    });
    const scts: Overrides['scts'] = (base) => [{ ...base, issuerSpki: own.spki }];
    expect(await codeOf({ leaf, scts, trust: both('first') })).toBe('verified');
    expect(await codeOf({ leaf, scts })).toBe('issuer-untrusted');
  });

  it('a leaf that names another key than the one that signed it is refused (X07)', async () => {
    expect(await codeOf({ leaf: extensions(Oid.aki, ext.aki(key('other'))) })).toBe(
      'issuer-untrusted',
    );
  });

  it('the dates are those of the authority that issued, not of its namesake (X07)', async () => {
    const trust: Overrides['trust'] = (root) => {
      both('first')?.(root);
      root.certificateAuthorities[1].validFor = { start: date(T0 - YEAR), end: date(T0 - 1) };
    };
    expect(await codeOf({ trust })).toBe('certificate-expired-at-signing');
  });
});

describe('certificates in the message (X12)', () => {
  it('an empty bag of certificates is refused (X12)', async () => {
    expect(await codeOf({ cms: (cms) => ({ ...cms, certificates: [] }) })).toBe('signer-ambiguous');
  });

  it('gains nothing from a chain beside the leaf, and loses nothing (X12)', async () => {
    const { chain } = forge();
    const cms: Overrides['cms'] = (base) => ({
      ...base,
      certificates: [...chain, ...base.certificates],
    });
    expect(await codeOf({ cms })).toBe('verified');
    const stranger: Overrides['trust'] = (root) => {
      const own = key('stranger root');
      root.certificateAuthorities = [
        trustedChain(
          'stranger',
          certificate({ ...rootSpec(), key: own, signer: own, hash: 'sha256' }),
        ),
      ];
    };
    expect(await codeOf({ cms, trust: stranger })).toBe('issuer-untrusted');
  });

  it('a bag of thousands of certificates is refused (R18)', async () => {
    const cms: Overrides['cms'] = (base) => ({
      ...base,
      certificates: Array.from({ length: 2000 }, () => base.certificates[0]!),
    });
    expect(['cms-malformed', 'armor-malformed']).toContain(await codeOf({ cms }));
    const seventeen: Overrides['cms'] = (base) => ({
      ...base,
      certificates: Array.from({ length: 17 }, () => base.certificates[0]!),
    });
    expect(await codeOf({ cms: seventeen })).toBe('cms-malformed');
  });
});
