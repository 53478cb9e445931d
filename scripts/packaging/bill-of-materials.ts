/**
 * The bill of materials of a release in CycloneDX 1.6 (ECMA-424): every package whose code is in the executables or the Node
 * form, each platform's Bun and keyring library, and what those contain. Pure: the same release gives the same bytes.
 */

import { createHash } from 'node:crypto';
import type { Part } from './bundled.ts';
import { type Component as Carried, IN_BUN, IN_OPENPGP } from './components.ts';
import { keyringParts } from './keyring-licences.ts';
import type { Release } from './step.ts';
import { TARGETS } from './targets.ts';

/** A package of the bundles, without the texts of its licence. */
export type BundledPackage = Pick<Part, 'name' | 'version' | 'licence'>;

/** `packages` of package-lock.json, by path. */
export type LockedPackages = Readonly<
  Record<
    string,
    { readonly version?: string; readonly integrity?: string; readonly license?: string }
  >
>;

export interface Materials {
  readonly packages: readonly BundledPackage[];
  readonly locked: LockedPackages;
  /** Text of LICENSE.third-party.md of each keyring package, by the package's name. */
  readonly keyrings: ReadonlyMap<string, string>;
}

type Json = Readonly<Record<string, unknown>>;

interface Entry {
  readonly type: 'library' | 'platform';
  readonly 'bom-ref': string;
  readonly name: string;
  readonly [field: string]: unknown;
}

/** Package URL of an npm package (github.com/package-url/purl-spec, npm). */
export const npmAddress = (name: string, version: string): string =>
  `pkg:npm/${name.replace('@', '%40')}@${version}`;

const licences = (expression: string): Json => ({ licenses: [{ expression }] });

/** The hash that package-lock.json pins, of the package's archive. @throws Error for a package that it does not name */
function lockedHash(locked: LockedPackages, name: string, version: string): Json {
  const found = Object.entries(locked).find(
    ([path, each]) =>
      (path === `node_modules/${name}` || path.endsWith(`/node_modules/${name}`)) &&
      each.version === version,
  );
  const [, base64] = /^sha512-(\S+)$/.exec(found?.[1].integrity ?? '') ?? [];
  if (base64 === undefined) throw new Error(`package-lock.json pins no ${name} ${version}`);
  return { hashes: [{ alg: 'SHA-512', content: Buffer.from(base64, 'base64').toString('hex') }] };
}

function npmEntry(
  type: Entry['type'],
  { name, version, licence }: BundledPackage,
  locked: LockedPackages,
): Entry {
  const purl = npmAddress(name, version);
  return {
    ...{ type, 'bom-ref': purl, name, version },
    ...lockedHash(locked, name, version),
    ...licences(licence),
    purl,
  };
}

/** A library inside another one's file: its origin is known, its version is its carrier's affair. */
function carriedEntry(carrier: string, { name, licence, copyright, source }: Carried): Entry {
  return {
    ...{ type: 'library', 'bom-ref': `${carrier}#${name}`, name },
    ...licences(licence),
    ...(copyright.length === 0 ? {} : { copyright: copyright.join('\n') }),
    externalReferences: [{ type: 'vcs', url: source }],
  };
}

/** A crate of a keyring library, or the C library that it brings. */
function crateEntry({ name, version, licence }: BundledPackage): Entry {
  const crate = / \(crate\)$/.test(name) ? name.replace(' (crate)', '') : undefined;
  const purl = `pkg:cargo/${crate}@${version}`;
  const named =
    crate === undefined
      ? { 'bom-ref': `${name}@${version}`, name }
      : { 'bom-ref': purl, name: crate };
  return {
    ...{ type: 'library', ...named, version },
    // crates of before 2018 write a choice with a slash
    ...licences(licence.replaceAll('/', ' OR ')),
    ...(crate === undefined ? {} : { purl }),
  };
}

const versionOf = (locked: LockedPackages, name: string): string => {
  const version = locked[`node_modules/${name}`]?.version;
  if (version === undefined) throw new Error(`package-lock.json pins no ${name}`);
  return version;
};

/** RFC 9562 §5.8: a UUID whose bits are the release's own. */
function serialNumber(...facts: readonly string[]): string {
  const bytes = createHash('sha256').update(facts.join('\n')).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `urn:uuid:${hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`;
}

const refs = (entries: readonly Entry[]): readonly string[] => [
  ...new Set(entries.map((entry) => entry['bom-ref'])),
];

/** The document. @throws Error for a package that package-lock.json does not pin */
export function billOfMaterials(
  release: Pick<Release, 'version' | 'repository' | 'commit' | 'epoch'>,
  { packages, locked, keyrings }: Materials,
): Json {
  const { version, repository, commit, epoch } = release;
  const root = npmAddress('git-signet', version);
  const bundled = packages.map((each) => npmEntry('library', each, locked));
  const inBun = IN_BUN.map((each) => carriedEntry('bun', each));
  const inOpenpgp = IN_OPENPGP.map((each) => carriedEntry('openpgp', each));
  const native = TARGETS.map((target) => {
    const entry = (type: Entry['type'], name: string): Entry =>
      npmEntry(type, { name, version: versionOf(locked, name), licence: 'MIT' }, locked);
    const bun = entry('platform', target.bun);
    const keyring = entry('library', target.keyring);
    const terms = keyrings.get(target.keyring);
    if (terms === undefined) throw new Error(`no terms of ${target.keyring}`);
    return { bun, keyring, crates: keyringParts(target.keyring, terms).map(crateEntry) };
  });
  const dependencies = new Map<string, readonly string[]>([
    [root, refs([...bundled, ...native.flatMap(({ bun, keyring }) => [bun, keyring])])],
    ...bundled
      .filter(({ name }) => name === 'openpgp')
      .map((entry) => [entry['bom-ref'], refs(inOpenpgp)] as const),
    ...native.flatMap(({ bun, keyring, crates }) => [
      [bun['bom-ref'], refs(inBun)] as const,
      [keyring['bom-ref'], refs(crates)] as const,
    ]),
  ]);
  const components = new Map(
    [
      ...[...bundled, ...inOpenpgp, ...inBun],
      ...native.flatMap(({ bun, keyring, crates }) => [bun, keyring, ...crates]),
    ].map((entry) => [entry['bom-ref'], entry]),
  );
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    ...{ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 },
    serialNumber: serialNumber(repository, version, commit),
    metadata: {
      timestamp: new Date(epoch * 1000).toISOString(),
      component: {
        ...{ type: 'application', 'bom-ref': root, name: 'git-signet', version },
        ...licences('Apache-2.0'),
        purl: root,
        externalReferences: [{ type: 'vcs', url: repository, comment: commit }],
      },
    },
    components: [...components.values()],
    dependencies: [...dependencies].map(([ref, dependsOn]) => ({ ref, dependsOn })),
  };
}
