import { describe, expect, it } from 'vitest';
import { rootFromInclusionProof } from '../../../src/core/rekor/inclusion.ts';
import { Refusal } from '../../../src/core/verdict.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';
import { key } from '../../support/forge/keys.ts';
import { auditPath, strangers, treeHash } from '../../support/forge/log.ts';
import { codeOf, forge, type Overrides } from '../../support/forge.ts';

const flip = (bytes: Uint8Array, at = 0): Uint8Array => bytes.with(at, bytes[at]! ^ 1);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const LIMIT = 130;
/** Changes the proof of the finished entry: neither root nor signatures are made again. */
const proof =
  (
    change: (
      proof: NonNullable<ReturnType<typeof forge>['entry']>['inclusionProof'] & object,
    ) => object,
  ): Overrides['entry'] =>
  (entry) => ({
    ...entry,
    inclusionProof: { ...entry.inclusionProof!, ...change(entry.inclusionProof!) },
  });

function rootOrRefusal(...args: Parameters<typeof rootFromInclusionProof>): string {
  try {
    return hex(rootFromInclusionProof(...args));
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

describe('RFC 6962 audit paths', () => {
  const leaves = strangers(LIMIT);

  it(`leads to the root for every index of every tree up to ${LIMIT}, and nowhere by any other length (R06)`, () => {
    for (let size = 1; size <= LIMIT; size += 1) {
      const tree = leaves.slice(0, size);
      const root = hex(treeHash(tree));
      // every index for small trees; for the others every third, the ends included
      for (let index = 0; index < size; index += size > 40 && index < size - 2 ? 3 : 1) {
        const path = auditPath(index, tree);
        const at = (hashes: readonly Uint8Array[]): string =>
          rootOrRefusal(nodeCrypto, tree[index]!, BigInt(index), BigInt(size), hashes);
        if (at(path) !== root) throw new Error(`index ${index} of ${size}`);
        if (at([...path, tree[0]!]) !== 'inclusion-proof-invalid')
          throw new Error(`long ${index} of ${size}`);
        if (path.length > 0 && at(path.slice(0, -1)) !== 'inclusion-proof-invalid')
          throw new Error(`short ${index} of ${size}`);
      }
    }
  });

  it('leads elsewhere by another index, another size or another leaf (R06)', () => {
    for (let size = 2; size <= 40; size += 1) {
      const tree = leaves.slice(0, size);
      const root = hex(treeHash(tree));
      for (let index = 0; index < size; index += 1) {
        const path = auditPath(index, tree);
        for (let other = 0; other < size; other += 1) {
          if (other === index) continue;
          expect(
            rootOrRefusal(nodeCrypto, tree[index]!, BigInt(other), BigInt(size), path),
          ).not.toBe(root);
        }
        expect(
          rootOrRefusal(nodeCrypto, leaves[size]!, BigInt(index), BigInt(size), path),
        ).not.toBe(root);
      }
    }
  });

  it.each([
    [-1n, 8n],
    [8n, 8n],
    [9n, 8n],
    [0n, 0n],
    [1n << 63n, 8n],
  ])('index %i in a tree of %i is refused (R09)', (index, size) => {
    expect(rootOrRefusal(nodeCrypto, leaves[0]!, index, size, [])).toBe('inclusion-proof-invalid');
  });

  it('a tree of 2^63 entries and a path of any length end at once (R09)', () => {
    const huge = (1n << 63n) - 1n;
    for (const length of [0, 62, 63, 64, 1000]) {
      const hashes = Array.from({ length }, () => leaves[1]!);
      const result = rootOrRefusal(nodeCrypto, leaves[0]!, 0n, huge, hashes);
      expect(result).toMatch(length === 63 ? /^[0-9a-f]{64}$/ : /^inclusion-proof-invalid$/);
    }
  });

  it('hashes that are not 32 octets are refused, because a longer one could hold two (R06)', () => {
    const tree = leaves.slice(0, 2);
    for (const odd of [new Uint8Array(), leaves[1]!.subarray(1), Uint8Array.of(...leaves[1]!, 0)]) {
      expect(rootOrRefusal(nodeCrypto, tree[0]!, 0n, 2n, [odd])).toBe('inclusion-proof-invalid');
    }
  });
});

describe('inclusion of a signature', () => {
  it.each([
    { size: 1, index: 0 },
    { size: 2, index: 1 },
    { size: 7, index: 6 },
    { size: 64, index: 63 },
    { size: 65, index: 64 },
    { size: 100, index: 37 },
  ])('the proof of entry $index of $size is accepted (R06)', async (tree) => {
    expect(await codeOf({ tree })).toBe('verified');
  });

  const refused: readonly [string, Overrides['entry'], string][] = [
    [
      'a changed hash',
      proof(({ hashes }) => ({ hashes: hashes.map((hash, i) => (i === 0 ? flip(hash) : hash)) })),
      'log-entry-mismatch',
    ],
    [
      'hashes in another order',
      proof(({ hashes }) => ({ hashes: hashes.toReversed() })),
      'log-entry-mismatch',
    ],
    [
      'one hash less',
      proof(({ hashes }) => ({ hashes: hashes.slice(1) })),
      'inclusion-proof-invalid',
    ],
    [
      'one hash more',
      proof(({ hashes }) => ({ hashes: [...hashes, hashes[0]] })),
      'inclusion-proof-invalid',
    ],
    [
      'another root hash',
      proof(({ rootHash }) => ({ rootHash: flip(rootHash) })),
      'log-entry-mismatch',
    ],
    ['an empty root hash', proof(() => ({ rootHash: new Uint8Array() })), 'log-entry-mismatch'],
    ['another index', proof(() => ({ logIndex: 5n })), 'log-entry-mismatch'],
    ['an index outside', proof(() => ({ logIndex: 7n })), 'inclusion-proof-invalid'],
    ['another tree size', proof(() => ({ treeSize: 8n })), 'inclusion-proof-invalid'],
    ['a tree size of nothing', proof(() => ({ treeSize: 0n })), 'inclusion-proof-invalid'],
    ['no proof', ({ inclusionProof: _, ...entry }) => entry, 'inclusion-proof-invalid'],
  ];
  it.each(refused)('the inclusion proof is refused: %s (R06)', async (_, entry, code) => {
    expect(await codeOf({ entry: entry! })).toBe(code);
  });

  it('a proof that holds in a tree that the log has not signed is refused (R06)', async () => {
    // a true proof, under a checkpoint of the log for another tree
    const other = forge({ tree: { size: 7, index: 3 } }).entry!.inclusionProof!.checkpoint;
    expect(await codeOf({ entry: proof(() => ({ checkpoint: other }))! })).toBe(
      'inclusion-proof-invalid',
    );
    const smaller = forge({ tree: { size: 6, index: 4 } }).entry!.inclusionProof!.checkpoint;
    expect(await codeOf({ entry: proof(() => ({ checkpoint: smaller }))! })).toBe(
      'inclusion-proof-invalid',
    );
  });

  it('the same root with another size is refused (R06)', async () => {
    expect(await codeOf({ note: (note) => ({ ...note, size: '8' }) })).toBe(
      'inclusion-proof-invalid',
    );
  });
});

describe('the promise (R04)', () => {
  const cases: readonly [string, Overrides, string][] = [
    [
      'removed',
      { entry: ({ inclusionPromise: _, ...entry }) => entry },
      'inclusion-promise-invalid',
    ],
    [
      'removed, with a token beside it',
      { entry: ({ inclusionPromise: _, ...entry }) => entry, tokens: [{}] },
      'inclusion-promise-invalid',
    ],
    [
      'removed with the time',
      {
        entry: ({ inclusionPromise: _, ...entry }) => ({
          ...entry,
          integratedTime: 0n,
          logIndex: 4n,
        }),
      },
      'time-missing',
    ],
    [
      'removed with the time, the global index kept',
      { entry: ({ inclusionPromise: _, ...entry }) => ({ ...entry, integratedTime: 0n }) },
      'log-entry-malformed',
    ],
    [
      'empty',
      { entry: (entry) => ({ ...entry, inclusionPromise: new Uint8Array() }) },
      'inclusion-promise-invalid',
    ],
    [
      'of a time one second earlier',
      { entry: (entry) => ({ ...entry, integratedTime: entry.integratedTime - 1n }) },
      'inclusion-promise-invalid',
    ],
    [
      'of no time',
      { entry: (entry) => ({ ...entry, integratedTime: 0n }) },
      'inclusion-promise-invalid',
    ],
    [
      'of another index',
      { entry: (entry) => ({ ...entry, logIndex: entry.logIndex + 1n }) },
      'inclusion-promise-invalid',
    ],
    [
      'by another key',
      { promise: (spec) => ({ ...spec, key: key('stranger') }) },
      'inclusion-promise-invalid',
    ],
    [
      'over another body',
      { promise: (spec) => ({ ...spec, body: flip(spec.body) }) },
      'inclusion-promise-invalid',
    ],
    [
      'over another log id',
      { promise: (spec) => ({ ...spec, logId: flip(spec.logId) }) },
      'inclusion-promise-invalid',
    ],
    [
      'changed by a bit',
      { entry: (entry) => ({ ...entry, inclusionPromise: flip(entry.inclusionPromise!, 20) }) },
      'inclusion-promise-invalid',
    ],
    [
      'with bytes after it',
      {
        entry: (entry) => ({
          ...entry,
          inclusionPromise: Uint8Array.of(...entry.inclusionPromise!, 0),
        }),
      },
      'inclusion-promise-invalid',
    ],
  ];
  it.each(cases)('a promise %s is refused (R04)', async (_, overrides, code) => {
    expect(await codeOf(overrides)).toBe(code);
  });

  it('without a promise the log vouches for no time, and a token may (R04)', async () => {
    const overrides: Overrides = {
      entry: ({ inclusionPromise: _, ...entry }) => ({
        ...entry,
        integratedTime: 0n,
        logIndex: 4n,
      }),
      tokens: [{}],
    };
    expect(await codeOf(overrides)).toBe('verified');
  });
});
