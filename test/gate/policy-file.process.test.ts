import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { loadConfiguredPolicy, parsePolicy } from '../../src/gate/policy-file.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { findExecutable, runProcess } from '../../src/system/process.ts';
import { bareEnvironment } from '../support/invocation.ts';
import { scratchDirectory } from '../support/sandbox.ts';

const SMALLEST = `version: 1
signers:
  - name: alice
    identity: alice@example.test
    issuer: https://accounts.example.test
`;
const parse = (text: string) => parsePolicy(utf8(text), 'policy.yaml', nodeCrypto);

describe('the smallest policy', () => {
  it('is rules with name, identity and issuer', async () => {
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
  ])('takes %s', async (_name, text) => {
    expect((await parse(text)).rules).toHaveLength(1);
  });
});

describe('P03 P11 what is refused, with its place', () => {
  const line = (text: string, add: string) => SMALLEST.replace(text, `${text}${add}`);
  it.each<[string, string, RegExp]>([
    [
      'P03 a signer without issuer',
      SMALLEST.replace(/ {4}issuer.*\n/, ''),
      /line 3, column 5: a signer without 'issuer'/,
    ],
    [
      'P03 an empty issuer',
      SMALLEST.replace(/issuer: .*/, "issuer: ''"),
      /line 5, column 5: 'issuer' must be text/,
    ],
    [
      'P03 a null issuer',
      SMALLEST.replace(/issuer: .*/, 'issuer:'),
      /line 5, column 5: 'issuer' must be text/,
    ],
    [
      'a number for a name',
      SMALLEST.replace('name: alice', 'name: 7'),
      /line 3, column 5: 'name' must be text/,
    ],
    [
      'P11 an unknown key',
      line('alice@example.test\n', '    isuer: x\n'),
      /line 5, column 5: unknown key 'isuer'/,
    ],
    ['P11 an unknown key above', `${SMALLEST}extra: 1\n`, /line 6, column 1: unknown key 'extra'/],
    [
      'P11 a duplicate key',
      line('alice@example.test\n', '    name: bob\n'),
      /line 5, column 5: .*unique/,
    ],
    [
      'P11 an anchor',
      SMALLEST.replace('name: alice', 'name: &a alice'),
      /line 3, column 1\d: an anchor/,
    ],
    [
      'P11 an alias',
      SMALLEST.replace('name: alice', 'name: &a alice').replace('https', '*a #'),
      /an anchor|an alias/,
    ],
    ['P11 a merge key', SMALLEST.replace('name: alice', '<<: {name: x}'), /unknown key '<<'/],
    ['P11 a tag', SMALLEST.replace('name: alice', 'name: !!str alice'), /line 3, column 11: a tag/],
    [
      'P11 a tag on a list',
      SMALLEST.replace('signers:', 'signers: !!seq'),
      /line 2, column 10: a tag/,
    ],
    ['P11 a tab', SMALLEST.replace('    identity', '\tidentity'), /line 4, column 1: a tab/],
    [
      'P11 a tab after text',
      SMALLEST.replace('name: alice', 'name: alice\t'),
      /line 3, column \d+: a tab/,
    ],
    [
      'P11 a byte-order mark',
      `\ufeff${SMALLEST}`,
      /line 1, column 1: begins with a byte-order mark/,
    ],
    ['P11 two documents', `${SMALLEST}---\n${SMALLEST}`, /more than one YAML document/],
    ['P11 a directive', `%YAML 1.1\n---\n${SMALLEST}`, /line 1, column 1: a directive/],
    [
      'a control character',
      SMALLEST.replace('alice@', 'a\x1blice@'),
      /line 4, column \d+: a control character/,
    ],
    [
      'two signers of one name',
      `${SMALLEST}  - {name: alice, identity: b, issuer: c}\n`,
      /a second signer named 'alice'/,
    ],
    ['P05 no signers', 'version: 1\nsigners: []\n', /line 2, column 1: expected a list of signers/],
    ['P05 no signers at all', 'version: 1\n', /expected a list of signers/],
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
  ])('%s', async (_name, text, says) => {
    await expect(parse(text)).rejects.toMatchObject({
      code: 'POLICY_FILE',
      exitCode: 2,
      message: expect.stringMatching(says),
    });
  });
  it('bytes that are not UTF-8', async () => {
    await expect(parsePolicy(Uint8Array.from([0xff]), 'p', nodeCrypto)).rejects.toThrow(
      /not UTF-8/,
    );
  });
  it('I05 seven thousand keys, and the same with the last one twice', async () => {
    const keys = Array.from({ length: 7000 }, (_, index) => `k${index}: x`).join('\n');
    await expect(parse(`${SMALLEST}${keys}\n`)).rejects.toThrow(/line 6, .*unknown key 'k0'/);
    await expect(parse(`${SMALLEST}${keys}\nk6999: x\n`)).rejects.toThrow(/line 7006.*unique/);
  });
  it('P11 a key is the same however it is quoted', async () => {
    const text = '{version: 1, signers: [{name: a, identity: b, issuer: c, "issuer": d}]}';
    await expect(parse(text)).rejects.toThrow(/line 1, column 58: .*unique/);
  });
  it('I05 __proto__ is an unknown key', async () => {
    await expect(parse(`${SMALLEST}__proto__: {}\n`)).rejects.toThrow(/unknown key|line 6/);
  });
});

describe('signet.policy', () => {
  const home = scratchDirectory('policy');
  const env = bareEnvironment(home);
  const repository = join(home, 'repository');
  mkdirSync(repository);
  writeFileSync(join(home, 'policy.yaml'), SMALLEST);
  writeFileSync(join(repository, '.signet.yaml'), SMALLEST.replaceAll('alice', 'bob'));
  const load = (name: string) => loadConfiguredPolicy(name, repository, env, nodeCrypto);

  it('an absolute path, and one from the home directory', async () => {
    const path = join(home, 'policy.yaml');
    expect((await load(path)).source).toBe(path);
    expect((await load('~/policy.yaml')).rules[0]?.name).toBe('alice');
  });
  it('REV:PATH, from the revision and not from the work tree', async () => {
    const git = findExecutable('git', env) ?? '';
    const run = (...args: string[]) => runProcess(git, args, { cwd: repository, env });
    await run('init', '-q', '-b', 'main');
    await run('add', '.');
    await run('-c', 'user.name=a', '-c', 'user.email=a@x.test', 'commit', '-qm', 'x');
    writeFileSync(join(repository, '.signet.yaml'), SMALLEST.replaceAll('alice', 'mallory'));
    const policy = await load('main:.signet.yaml');
    expect([policy.source, policy.rules[0]?.name]).toEqual(['main:.signet.yaml', 'bob']);
    await expect(load('main:nowhere.yaml')).rejects.toThrow(/no such file in that revision/);
    await expect(load('nowhere:.signet.yaml')).rejects.toThrow(/no such file in that revision/);
  });
  it('P04 never a relative path: that is the tree being verified', async () => {
    await expect(load('.signet.yaml')).rejects.toMatchObject({
      message: expect.stringContaining('the tree that is verified could change it'),
      exitCode: 2,
    });
  });
  it('a missing file is an error, not "no policy"', async () => {
    await expect(load(join(home, 'nowhere'))).rejects.toMatchObject({ code: 'POLICY_FILE' });
  });
});
