import { existsSync, readFileSync } from 'node:fs';
import { bundleFromJSON } from '@sigstore/bundle';
import { describe, expect, it } from 'vitest';
import { readArmor, readSignedData } from '../../src/core/cms/signed-data.ts';
import { toSigstoreBundle } from '../../src/core/sigstore-bundle.ts';
import { Refusal } from '../../src/core/verdict.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { vector, vectors } from '../support/gitsign-vectors.ts';

const bundleOf = (file: string) =>
  toSigstoreBundle(readSignedData(readArmor(vector(file).signature)), nodeCrypto);
const recorded = (file: string): URL =>
  new URL(`../vectors/gitsign/bundles/${file.replace('/', '-')}.sigstore.json`, import.meta.url);
const embedded = vectors.filter(({ file }) => existsSync(recorded(file)));

describe('toSigstoreBundle', () => {
  it.each(embedded.map(({ file }) => file))('%s is the bundle that cosign accepted', (file) => {
    const made: unknown = JSON.parse(JSON.stringify(bundleOf(file)));
    expect(made).toEqual(JSON.parse(readFileSync(recorded(file), 'utf8')));
    expect(() => bundleFromJSON(made)).not.toThrow();
  });

  it('every sample with an embedded entry becomes a bundle', () => {
    expect(embedded.length).toBe(20);
  });

  it.each([
    ['online/01-plain.commit', 'log-entry-absent'],
    ['tampered/10-root-hash.commit', 'log-entry-mismatch'],
  ])('%s makes no bundle', (file, code) => {
    let refusal: unknown;
    try {
      bundleOf(file);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(Refusal);
    expect((refusal as Refusal).code).toBe(code);
  });
});
