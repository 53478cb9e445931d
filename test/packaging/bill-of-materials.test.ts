import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  billOfMaterials,
  type LockedPackages,
  type Materials,
} from '../../scripts/packaging/bill-of-materials.ts';
import { IN_BUN, IN_OPENPGP } from '../../scripts/packaging/components.ts';
import { TARGETS } from '../../scripts/packaging/targets.ts';

const { packages: locked } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: LockedPackages;
};
const TERMS = `| Crate | Version | Licence |
| --- | --- | --- |
| zeroize | 1.8.1 | Apache-2.0/MIT |

Used by: \`zeroize 1.8.1\`

\`\`\`text
terms
\`\`\`
`;
const release = {
  version: '1.2.3',
  repository: 'https://forge.example/acme/git-signet',
  commit: 'a'.repeat(40),
  epoch: 1_700_000_000,
};
const version = locked['node_modules/openpgp']?.version ?? '';
const materials: Materials = {
  packages: [{ name: 'openpgp', version, licence: 'LGPL-3.0+' }],
  locked,
  keyrings: new Map(TARGETS.map(({ keyring }) => [keyring, TERMS])),
};

interface Bill {
  readonly serialNumber: string;
  readonly components: readonly Readonly<Record<string, unknown>>[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}
const bill = (changes: Partial<Materials> = {}) =>
  billOfMaterials(release, { ...materials, ...changes }) as unknown as Bill;

describe('billOfMaterials', () => {
  it('a package has its address, its version, its licence and the hash that npm checks', () => {
    const pinned = locked['node_modules/openpgp']?.integrity?.replace('sha512-', '') ?? '';
    expect(bill().components[0]).toEqual({
      'bom-ref': `pkg:npm/openpgp@${version}`,
      type: 'library',
      name: 'openpgp',
      version,
      hashes: [{ alg: 'SHA-512', content: Buffer.from(pinned, 'base64').toString('hex') }],
      licenses: [{ expression: 'LGPL-3.0+' }],
      purl: `pkg:npm/openpgp@${version}`,
    });
  });

  it('each platform’s Bun and keyring library is in it, and the crates once', () => {
    const names = bill().components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(TARGETS.flatMap((t) => [t.bun, t.keyring])));
    expect(bill().components.filter(({ name }) => name === 'zeroize')).toEqual([
      {
        'bom-ref': 'pkg:cargo/zeroize@1.8.1',
        type: 'library',
        name: 'zeroize',
        version: '1.8.1',
        licenses: [{ expression: 'Apache-2.0 OR MIT' }],
        purl: 'pkg:cargo/zeroize@1.8.1',
      },
    ]);
    for (const { name } of [...IN_BUN, ...IN_OPENPGP]) expect(names).toContain(name);
  });

  it('every dependency is a component, and every component depends on something or is depended on', () => {
    const { components, dependencies } = bill();
    const known = new Set(components.map((each) => each['bom-ref']));
    const used = new Set(dependencies.flatMap(({ dependsOn }) => dependsOn));
    expect([...used].filter((ref) => !known.has(ref))).toEqual([]);
    expect([...known].filter((ref) => !used.has(String(ref)))).toEqual([]);
  });

  it('the same release gives the same document, another commit another number', () => {
    expect(JSON.stringify(bill())).toBe(JSON.stringify(bill()));
    const other = billOfMaterials({ ...release, commit: 'b'.repeat(40) }, materials);
    expect(other['serialNumber']).not.toBe(bill().serialNumber);
    expect(bill().serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-/);
  });

  it('a package that package-lock.json does not pin stops the release', () => {
    const stranger = { name: 'stranger', version: '1.0.0', licence: 'MIT' };
    expect(() => bill({ packages: [stranger] })).toThrow(
      'package-lock.json pins no stranger 1.0.0',
    );
    const old = { name: 'openpgp', version: '0.0.1', licence: 'MIT' };
    expect(() => bill({ packages: [old] })).toThrow('package-lock.json pins no openpgp 0.0.1');
  });

  it('a keyring package without its terms stops the release', () => {
    const some = new Map([...materials.keyrings].slice(1));
    expect(() => bill({ keyrings: some })).toThrow(`no terms of ${TARGETS[0]?.keyring}`);
  });
});
