import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Tag } from '../../src/core/cms/der.ts';
import { readArmor, readSignedData } from '../../src/core/cms/signed-data.ts';
import { splitSignedObject } from '../../src/core/git/signed-object.ts';
import { toSigstoreBundle } from '../../src/core/sigstore-bundle.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { compare, DIFFERENCES, type Difference, type Mutant } from '../support/differences.ts';
import { encode } from '../support/forge/der.ts';
import { forge, type Json, T0 } from '../support/forge.ts';
import { type Fault, faults, faultsOfV2 } from '../support/forged-faults.ts';
import { vector, vectors } from '../support/gitsign-vectors.ts';
import { entryMutants, octets, promiseMutants, tokenOctets } from '../support/mutants.ts';
import {
  bundleOf,
  type Evidence,
  evidenceOf,
  evidenceOfForged,
  oracleVerdict,
  ourVerdict,
} from '../support/oracle.ts';
import { describeShared, sharedVectors } from '../support/shared-vectors.ts';
import { trustMutants } from '../support/trust-mutants.ts';

const read = (path: string): Json =>
  JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const now = Date.parse('2027-11-21T00:00:00Z') / 1000;
const trust = read('../vectors/gitsign/trust/trusted_root.json');
/** The same, with a URL that holds the name its v1 log signs under: so that the oracle gets to the rest. */
const renamed = structuredClone(trust);
renamed.tlogs[0].baseUrl = 'http://rekor.loopback.test';

const used = new Set<Difference>();
/** Judges all; gives the lines of those that differ without a reason. */
async function unexplained(mutants: readonly Mutant[], base: Evidence): Promise<readonly string[]> {
  const lines: (string | undefined)[] = [];
  for (const mutant of mutants) {
    const difference = typeof mutant.differs === 'function' ? mutant.differs(base) : mutant.differs;
    if (difference !== undefined) used.add(difference);
    lines.push(await compare(mutant, base));
  }
  return lines.filter((line) => line !== undefined);
}
const asIs = (differs?: Difference): Mutant => ({
  name: 'as it is',
  change: (base) => base,
  differs,
});

describe('what gitsign signed', () => {
  const CONTENT = /^tampered\/0[123]|^tampered\/12/;
  const embedded = vectors.filter(
    ({ file }) => !/^online|02-online|06-online|12-online|13-online/.test(file),
  );
  const differs = (file: string): Difference | undefined =>
    CONTENT.test(file)
      ? 'the commit'
      : file === 'tampered/10-root-hash.commit'
        ? 'root and size'
        : undefined;

  it.each(embedded.map((one) => [one.file, one] as const))(
    '%s',
    async (file, { payload, signature }) => {
      const evidence = evidenceOf(payload, signature, renamed, now);
      expect(await unexplained([asIs(differs(file))], evidence)).toEqual([]);
      // and with the trust root as it stands, whose v1 log signs under a name of its own
      const accepted = (await ourVerdict(evidence)) === 'accepts';
      const named = { ...evidence, trust };
      expect(
        await unexplained(
          [asIs(accepted && !file.startsWith('rekor2') ? 'name in the URL' : undefined)],
          named,
        ),
      ).toEqual([]);
    },
  );

  it('the oracle judges the bundles that `show` makes', () => {
    for (const { file, payload, signature } of embedded.filter(
      ({ file }) => !file.startsWith('tampered'),
    )) {
      const bundle = bundleOf(evidenceOf(payload, signature, trust, now));
      expect(toSigstoreBundle(readSignedData(readArmor(signature)), nodeCrypto), file).toEqual(
        bundle,
      );
    }
  });
});

describeShared('what public repositories hold', 'public-good/', () => {
  it('both verifiers agree on it, also with single octets changed', async () => {
    const publicGood = (path: string): string => sharedVectors(`public-good/${path}`).href;
    const root = read(publicGood('trusted_root.json'));
    const rows: readonly Json[] = read(publicGood('manifest.json'));
    const offline = rows.filter(({ group }) => /^offline/.test(group));
    for (const { file, type, oid } of offline) {
      const { payload, signature } = splitSignedObject(
        type,
        readFileSync(new URL(publicGood(file))),
        'sha1',
      )!;
      const base = evidenceOf(payload, signature, root, now);
      const some = [
        ...octets('certificate', base.certificate.length, 211),
        ...octets('signature', base.signature.length, 31),
      ];
      expect(await unexplained([asIs(), ...some], base), oid).toEqual([]);
      expect(await ourVerdict(base)).toBe('accepts');
    }
  });
});

describe('one thing changed', () => {
  const of = (file: string): Evidence => {
    const { payload, signature } = vector(file);
    return evidenceOf(payload, signature, renamed, now);
  };
  const v1 = of('offline/01-plain.commit');
  const v2 = of('rekor2/03-offline-tsa.commit');
  const stamped = of('tsa/01-offline-immediate.commit');
  const bytes = [
    ...octets('certificate', v1.certificate.length, 31),
    ...octets('signature', v1.signature.length, 11),
    ...octets('signedAttrs', v1.signedAttrs.length, 16),
  ];

  it('a changed entry, proof, checkpoint or promise of a v1 log is judged as the oracle does (R04, R06, R09)', async () => {
    expect(await unexplained([asIs(), ...entryMutants, ...promiseMutants], v1)).toEqual([]);
  });
  it('changed octets of certificate, signature or attributes are judged as the oracle does (R01, X01)', async () => {
    expect(await unexplained(bytes, v1)).toEqual([]);
  });
  it('a changed entry, proof or checkpoint of a v2 log is judged as the oracle does (R06, R13)', async () => {
    expect(await unexplained([asIs(), ...entryMutants], v2)).toEqual([]);
  });
  it('changed octets of a timestamp token are judged as the oracle does (R11)', async () => {
    const message = readSignedData(stamped.tokens[0]!);
    // what is signed, its signature, and the signer identifier; the tag of the attributes is another in the message
    const { issuer, serial } = message.signer.certificate;
    const parts = [
      message.content!,
      message.signer.signedAttrs.subarray(1),
      message.signer.signature,
    ];
    const sid = encode(Tag.sequence, issuer, encode(Tag.integer, serial));
    expect(await unexplained(tokenOctets(stamped, 29, [...parts, sid]), stamped)).toEqual([]);
  });
  it('all dates in the trust root are judged as the oracle does (R05, R17, X06)', async () => {
    const one = evidenceOfForged(forge({ tokens: [{}] }));
    const two = evidenceOfForged(forge({ log: 'v2', tokens: [{}] }), 'v2');
    expect(
      await unexplained(
        [asIs(), ...promiseMutants.slice(0, 6), ...trustMutants(0, T0, T0 - 5)],
        one,
      ),
    ).toEqual([]);
    expect(await unexplained([asIs(), ...trustMutants(1, T0, T0 - 5)], two)).toEqual([]);
  });
});

describe('forged with one fault', () => {
  const named = (list: readonly Fault[]) =>
    list.map(([name, overrides, differs]) => ({ name, overrides, differs }));

  it.each(named(faults))('$name', async ({ overrides, differs }) => {
    expect(await unexplained([asIs(differs)], evidenceOfForged(forge(overrides)))).toEqual([]);
  });

  it.each(named(faultsOfV2))('$name', async ({ overrides, differs }) => {
    expect(
      await unexplained(
        [asIs(differs)],
        evidenceOfForged(forge({ log: 'v2', tokens: [{}], ...overrides }), 'v2'),
      ),
    ).toEqual([]);
  });

  it('a time in the future is judged as the oracle does (R05)', async () => {
    const late = { ...evidenceOfForged(forge()), now: T0 - 301 };
    expect(await unexplained([asIs('clock')], late)).toEqual([]);
    expect(await unexplained([asIs()], { ...late, now: T0 - 300 })).toEqual([]);
    expect(oracleVerdict(late)).toBe('accepts');
  });
});

it('every listed difference to the oracle still exists', () => {
  expect(Object.keys(DIFFERENCES).filter((name) => !used.has(name as Difference))).toEqual([]);
});
