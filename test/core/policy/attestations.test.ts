import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { oddities } from '../../../src/core/policy/lint.ts';
import { READY_TYPES, readyTypeOf } from '../../../src/core/statement/ready-types.ts';
import { attestationsFor } from '../../../src/gate/attestations.ts';
import { parsePolicy } from '../../../src/gate/policy/file.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';

const SIGNERS =
  'signers: [{name: alice, identity: alice@example.test, issuer: https://accounts.example.test}]\n';
const policyOf = (attestations: string) =>
  parsePolicy(utf8(`version: 1\n${SIGNERS}attestations: ${attestations}\n`), 'p', nodeCrypto);
const TEST_RESULT = 'https://in-toto.io/attestation/test-result/v0.1';

describe('attestations in a policy', () => {
  it('a policy asks for statements of the refs and the tags that its rules name, and of no others', async () => {
    const policy = await policyOf(
      "[{type: test-result, refs: [refs/heads/main, 'refs/heads/release/*']}, {type: sbom, names: ['v*'], by: [alice]}]",
    );
    const labels = (of: 'commits' | 'tags', name: string | undefined) =>
      attestationsFor(policy, of, name).map(({ label }) => label);
    expect(labels('commits', 'refs/heads/main')).toEqual(['attestations[0]']);
    expect(labels('commits', 'refs/heads/release/2')).toEqual(['attestations[0]']);
    expect(labels('commits', 'refs/heads/topic')).toEqual([]);
    expect(labels('commits', undefined)).toEqual([]);
    expect(labels('tags', 'v1')).toEqual(['attestations[1]']);
    expect(labels('tags', 'nightly')).toEqual([]);
    expect(attestationsFor(undefined, 'tags', 'v1')).toEqual([]);
  });

  it('a short name means its predicate type', async () => {
    const { attestations } = await policyOf('[{type: test-result, refs: [refs/heads/main]}]');
    expect(attestations).toMatchObject([{ type: TEST_RESULT, of: 'commits' }]);
  });
});

describe('policy check', () => {
  it('names a rule that only keys could fulfil, and no signer that only attests', async () => {
    const key =
      "{name: old, ssh: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f'}";
    const text = (by: string) =>
      `version: 1\n${SIGNERS.replace(']', `, ${key}]`)}commits: [{by: [old]}]\nchanges: [old]\nattestations: [{type: sbom, refs: [refs/heads/main], by: [${by}]}]\n`;
    const odd = async (by: string) =>
      oddities(await parsePolicy(utf8(text(by)), 'p', nodeCrypto), 0).map(({ where }) => where);
    expect(await odd('old')).toContain('attestations[0]');
    expect(await odd('alice')).not.toContain('attestations[0]');
    expect(await odd('alice')).not.toContain('alice');
    expect(await odd('old')).toContain('alice');
  });
});

const RESULT = { result: 'PASSED', configuration: [{ uri: 'https://ci.example.test/1' }] };
const LINK = {
  attester: { id: 'https://ci.example.test' },
  references: [
    {
      downloadLocation: 'https://example.test/sbom.json',
      mediaType: 'application/spdx+json',
      digest: { sha256: 'ab' },
    },
  ],
};

describe('the ready types', () => {
  const faultOf = (name: string, predicate: Readonly<Record<string, unknown>>) =>
    READY_TYPES[name]?.fault(predicate);

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['test-result', RESULT],
    ['test-result', { ...RESULT, configuration: [], failedTests: [], more: 1 }],
    ['sbom', LINK],
    ['review', { result: 'fail', reviewLink: 'https://example.test/1' }],
  ])('a predicate of %s with its required fields is taken: %j', (name, predicate) => {
    expect(faultOf(name, predicate)).toBeUndefined();
  });

  it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    ['test-result', { configuration: [] }, /`result` is not PASSED/],
    ['test-result', { ...RESULT, result: 'passed' }, /`result` is not PASSED/],
    ['test-result', { result: 'PASSED' }, /`configuration` is no list/],
    ['test-result', { ...RESULT, configuration: [{ name: 'ci' }] }, /neither uri nor digest/],
    ['test-result', { ...RESULT, configuration: [{ digest: {} }] }, /neither uri nor digest/],
    ['test-result', { ...RESULT, failedTests: 'none' }, /`failedTests` has a wrong value/],
    ['sbom', { references: LINK.references }, /`attester` has no `id`/],
    ['sbom', { ...LINK, references: [] }, /`references` is no list/],
    ['sbom', { ...LINK, references: [{ digest: { sha256: 'ab' } }] }, /no `downloadLocation`/],
    [
      'sbom',
      { ...LINK, references: [{ ...LINK.references[0], mediaType: undefined }] },
      /no `mediaType`/,
    ],
    [
      'sbom',
      { ...LINK, references: [{ ...LINK.references[0], digest: undefined }] },
      /neither uri/,
    ],
    ['review', {}, /`result` is not pass or fail/],
    ['review', { result: 'pass', timestamp: 1 }, /`timestamp` has a wrong value/],
  ])('a predicate of %s without a required field is refused: %j', (name, predicate, fault) => {
    expect(faultOf(name, predicate)).toMatch(fault);
  });

  it('a rule counts a result only if it says yes (Y5)', () => {
    const says = (predicate: Readonly<Record<string, unknown>>) =>
      readyTypeOf(TEST_RESULT)?.passes(predicate);
    expect(says(RESULT)).toBe(true);
    expect(says({ ...RESULT, result: 'WARNED' })).toBe(false);
    expect(says({ ...RESULT, result: 'FAILED' })).toBe(false);
    expect(says({ ...RESULT, failedTests: ['one'] })).toBe(false);
    expect(READY_TYPES['review']?.passes({ result: 'fail' })).toBe(false);
    expect(READY_TYPES['review']?.passes({ result: 'pass' })).toBe(true);
    expect(READY_TYPES['sbom']?.passes({})).toBe(false);
  });
});
