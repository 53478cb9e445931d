import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { loadConfiguredPolicy, parsePolicy } from '../../../src/gate/policy/file.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';
import { findExecutable, runProcess } from '../../../src/system/process.ts';
import { bareEnvironment } from '../../support/invocation.ts';
import { scratchDirectory } from '../../support/sandbox.ts';

const SMALLEST = `version: 1
signers:
  - name: alice
    identity: alice@example.test
    issuer: https://accounts.example.test
`;
const parse = (text: string) => parsePolicy(utf8(text), 'policy.yaml', nodeCrypto);

describe('the smallest policy', () => {
  it('the smallest policy is one signer with name, identity and issuer', async () => {
    expect(await parse(SMALLEST)).toEqual({
      source: 'policy.yaml',
      digest: Buffer.from(nodeCrypto.hash('sha256', utf8(SMALLEST))).toString('hex'),
      rules: [
        { name: 'alice', identity: 'alice@example.test', issuer: 'https://accounts.example.test' },
      ],
    });
  });
  it.each([
    [
      'comments and quotes',
      SMALLEST.replace('alice@', '"alice@').replace('test\n    issuer', 'test" # x\n    issuer'),
    ],
    ['CR LF', SMALLEST.replaceAll('\n', '\r\n')],
    ['flow style', '{version: 1, signers: [{name: a, identity: b, issuer: c}]}'],
  ])('a policy may hold %s', async (_name, text) => {
    expect((await parse(text)).rules).toHaveLength(1);
  });
});

describe('a policy is refused with line and column (P03, P11)', () => {
  const line = (text: string, add: string) => SMALLEST.replace(text, `${text}${add}`);
  it.each<[string, string, RegExp]>([
    [
      'a signer without issuer (P03)',
      SMALLEST.replace(/ {4}issuer.*\n/, ''),
      /line 3, column 5: a signer without 'issuer'/,
    ],
    [
      'an empty issuer (P03)',
      SMALLEST.replace(/issuer: .*/, "issuer: ''"),
      /line 5, column 5: 'issuer' must be text/,
    ],
    [
      'a null issuer (P03)',
      SMALLEST.replace(/issuer: .*/, 'issuer:'),
      /line 5, column 5: 'issuer' must be text/,
    ],
    [
      'a number for a name',
      SMALLEST.replace('name: alice', 'name: 7'),
      /line 3, column 5: 'name' must be text/,
    ],
    [
      'an unknown key (P11)',
      line('alice@example.test\n', '    isuer: x\n'),
      /line 5, column 5: unknown key 'isuer'/,
    ],
    [
      'an unknown key above (P11)',
      `${SMALLEST}extra: 1\n`,
      /line 6, column 1: unknown key 'extra'/,
    ],
    [
      'a duplicate key (P11)',
      line('alice@example.test\n', '    name: bob\n'),
      /line 5, column 5: .*unique/,
    ],
    [
      'an anchor (P11)',
      SMALLEST.replace('name: alice', 'name: &a alice'),
      /line 3, column 1\d: an anchor/,
    ],
    [
      'an alias (P11)',
      SMALLEST.replace('name: alice', 'name: &a alice').replace('https', '*a #'),
      /an anchor|an alias/,
    ],
    ['a merge key (P11)', SMALLEST.replace('name: alice', '<<: {name: x}'), /unknown key '<<'/],
    [
      'a tag (P11)',
      SMALLEST.replace('name: alice', 'name: !!str alice'),
      /line 3, column 11: a tag/,
    ],
    [
      'a tag on a list (P11)',
      SMALLEST.replace('signers:', 'signers: !!seq'),
      /line 2, column 10: a tag/,
    ],
    ['a tab (P11)', SMALLEST.replace('    identity', '\tidentity'), /line 4, column 1: a tab/],
    [
      'a tab after text (P11)',
      SMALLEST.replace('name: alice', 'name: alice\t'),
      /line 3, column \d+: a tab/,
    ],
    [
      'a byte-order mark (P11)',
      `\ufeff${SMALLEST}`,
      /line 1, column 1: begins with a byte-order mark/,
    ],
    ['two documents (P11)', `${SMALLEST}---\n${SMALLEST}`, /more than one YAML document/],
    ['a directive (P11)', `%YAML 1.1\n---\n${SMALLEST}`, /line 1, column 1: a directive/],
    [
      'a control character',
      SMALLEST.replace('alice@', 'a\x1blice@'),
      /line 4, column \d+: a control character/,
    ],
    [
      'no signers (P05)',
      'version: 1\nsigners: []\n',
      /line 2, column 1: expected a list of at least one signer/,
    ],
    ['no signers at all (P05)', 'version: 1\n', /expected a list of at least one signer/],
    [
      'another version',
      SMALLEST.replace('version: 1', 'version: 2'),
      /line 1, column 1: expected version: 1/,
    ],
    ['a version of text', SMALLEST.replace('version: 1', "version: '1'"), /expected version: 1/],
    ['a list above', '- 1\n', /expected keys and values/],
    ['an empty file', '', /./],
    ['text', 'hello', /expected keys and values/],
    ['broken YAML', 'version: [1\n', /line \d/],
  ])('a policy is refused with its place: %s', async (_name, text, says) => {
    await expect(parse(text)).rejects.toMatchObject({
      code: 'POLICY_FILE',
      exitCode: 2,
      message: expect.stringMatching(says),
    });
  });
  it('a policy that is not UTF-8 is refused', async () => {
    const read = (character: string) =>
      parsePolicy(Buffer.from(`${SMALLEST}# ${character}\n`, 'latin1'), 'p', nodeCrypto);
    expect((await read('x')).rules).toHaveLength(1);
    await expect(read('\u00ff')).rejects.toMatchObject({ code: 'POLICY_FILE' });
  });
  it('a policy of seven thousand keys is read, and one with a duplicate is refused (I05)', async () => {
    const keys = Array.from({ length: 7000 }, (_, index) => `k${index}: x`).join('\n');
    await expect(parse(`${SMALLEST}${keys}\n`)).rejects.toThrow(/line 6,.*'k0'/);
    await expect(parse(`${SMALLEST}${keys}\nk6999: x\n`)).rejects.toThrow(/line 7006,/);
  });
  it.each([
    ['', 'nothing'],
    ['{', 'half a map'],
    ['version: 1\n---\nversion: 1\n', 'two documents'],
    [`${SMALLEST}version: 1\n`, 'a key twice'],
    [`${SMALLEST}version: 1\tx\n`, 'a tab'],
  ])('a policy that cannot be read says what to type next: %j (%s)', async (text) => {
    await expect(parse(text)).rejects.toMatchObject({
      code: 'POLICY_FILE',
      hint: expect.stringContaining('git signet'),
    });
  });
  it('a duplicate key is refused, even if it is quoted in another way (P11)', async () => {
    const text = '{version: 1, signers: [{name: a, identity: b, issuer: c, "issuer": d}]}';
    await expect(parse(text)).rejects.toThrow(/line 1, column 58:/);
  });
  it('the key __proto__ is refused as unknown (I05)', async () => {
    await expect(parse(`${SMALLEST}__proto__: {}\n`)).rejects.toThrow(/line 6,/);
  });
});

describe('signet.policy', () => {
  const home = scratchDirectory('policy');
  const env = bareEnvironment(home);
  const repository = join(home, 'repository');
  mkdirSync(repository);
  writeFileSync(join(home, 'policy.yaml'), SMALLEST);
  writeFileSync(join(repository, '.signet.yaml'), SMALLEST.replaceAll('alice', 'bob'));
  const load = (name: string) =>
    loadConfiguredPolicy(name, { cwd: repository, env, crypto: nodeCrypto });

  it('signet.policy may be an absolute path, or one from the home directory', async () => {
    const path = join(home, 'policy.yaml');
    expect((await load(path)).source).toBe(path);
    expect((await load('~/policy.yaml')).rules[0]?.name).toBe('alice');
  });
  it('signet.policy REV:PATH reads the revision, not the work tree', async () => {
    const git = findExecutable('git', env) ?? '';
    const run = (...args: string[]) => runProcess(git, args, { cwd: repository, env });
    await run('init', '-q', '-b', 'main');
    await run('add', '.');
    await run('-c', 'user.name=a', '-c', 'user.email=a@x.test', 'commit', '-qm', 'x');
    writeFileSync(join(repository, '.signet.yaml'), SMALLEST.replaceAll('alice', 'mallory'));
    const policy = await load('main:.signet.yaml');
    expect([policy.source, policy.rules[0]?.name]).toEqual(['main:.signet.yaml', 'bob']);
    await expect(load('main:nowhere.yaml')).rejects.toMatchObject({
      code: 'POLICY_FILE',
      hint: expect.stringContaining('git signet policy init'),
    });
    await expect(load('nowhere:.signet.yaml')).rejects.toMatchObject({
      code: 'POLICY_FILE',
      hint: expect.stringContaining('git fetch'),
    });
  });
  it('signet.policy refuses a relative path, which would read the verified tree (P04)', async () => {
    await expect(load('.signet.yaml')).rejects.toMatchObject({
      code: 'CONFIG',
      hint: expect.stringContaining('REV:PATH'),
    });
  });
  it('a missing policy file is an error, and never means "no policy"', async () => {
    await expect(load(join(home, 'nowhere'))).rejects.toMatchObject({ code: 'POLICY_FILE' });
  });
});
