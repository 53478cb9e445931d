import { expect, it } from 'vitest';
import { runtimeName } from '../../src/store/scope.ts';

it('proofs of another runtime or another OpenSSL do not count (H5)', () => {
  const name = runtimeName({ node: '24.1.0', openssl: '3.0.1' });
  expect(runtimeName({ node: '24.1.0', openssl: '3.0.1' })).toBe(name);
  expect(runtimeName({ node: '24.1.1', openssl: '3.0.1' })).not.toBe(name);
  expect(runtimeName({ node: '24.1.0', openssl: '3.0.2' })).not.toBe(name);
  expect(runtimeName({ node: '24.1.0', openssl: '3.0.1', bun: '1.3.0' })).not.toBe(name);
});
