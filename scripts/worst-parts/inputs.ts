/**
 * The worst inputs that we know: what an attacker may push, and the command that reads it. Each is small to send and was, or
 * could be, dear to judge (threats I05, P23, G20).
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from '../../src/core/cms/der-writer.ts';
import { readArmor, writeArmor } from '../../src/core/cms/signed-data.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { type Der, kid, kids, parse, write } from '../../test/support/der-edit.ts';
import type { ScratchRepository } from '../../test/support/git-repository.ts';
import { commitPayload, signer, withSignature } from '../../test/support/verify-scenario.ts';

export interface WorstInput {
  readonly name: string;
  /** Arguments of the program. */
  readonly args: readonly string[];
  /** The payload on standard input, where it is asked as git asks. */
  readonly input?: Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** An honest input of the same size to compare it with. */
  readonly honest: string;
}

const MIB = 1024 * 1024;

/** Makes inputs in a repository. */
export async function worstInputs(
  repository: ScratchRepository,
  sandbox: Sandbox,
): Promise<readonly WorstInput[]> {
  const make = signer(repository, sandbox);
  const trust = ['--trusted-root', sandbox.files.trustedRoot, '--offline', '--format', 'jsonl'];
  const anybody = ['--unsafe-any-identity', ...trust];
  const file = (name: string, text: string | Uint8Array): string => {
    const path = join(repository.home, name);
    writeFileSync(path, text);
    return path;
  };
  const armored = async (payload: string): Promise<string> =>
    (await sandbox.issueSignature(Buffer.from(payload), {})).armor;
  const write_ = (raw: Uint8Array, type: 'commit' | 'tag' = 'commit'): string =>
    repository.write(type, raw);
  const verified = (id: string, ...more: readonly string[]): readonly string[] => [
    'verify',
    ...anybody,
    ...more,
    id,
  ];
  const trusted = { SIGNET_TRUST: sandbox.files.trustedRoot };
  const tools = { write: write_, armored, verified, file, trusted };
  return [
    ...(await sizes(tools)),
    ...(await signatures(tools)),
    ...headers(tools),
    ...(await policies({ repository, sandbox, make, file, trust })),
    ...(await graphs({ repository, sandbox, make, trust, anybody, file })),
    await attributes({ repository, sandbox, make, trust, anybody, file }),
  ];
}

interface Tools {
  /** For git's own calls, which take no flag for it. */
  readonly trusted: Readonly<Record<string, string>>;
  readonly write: (raw: Uint8Array, type?: 'commit' | 'tag') => string;
  readonly armored: (payload: string) => Promise<string>;
  readonly verified: (id: string, ...more: readonly string[]) => readonly string[];
  readonly file: (name: string, text: string | Uint8Array) => string;
}

const SMALL = 'an honest commit';
const LARGE = 'an honest commit of 16 MiB';

async function sizes({
  write: put,
  armored,
  verified,
  file,
  trusted,
}: Tools): Promise<readonly WorstInput[]> {
  const sized = async (subject: string): Promise<string> => {
    const payload = commitPayload({ subject });
    return put(withSignature(payload, await armored(payload)));
  };
  const lines = (bytes: number): string => 'a line of a long message\n'.repeat(bytes / 25);
  const gits = async (name: string, bytes: number): Promise<WorstInput> => {
    const payload = commitPayload({ subject: lines(bytes) });
    const args = ['--status-fd=1', '--verify', file(`${bytes}.sig`, await armored(payload)), '-'];
    return { name, args, env: trusted, input: Buffer.from(payload), honest: LARGE };
  };
  return [
    { name: SMALL, args: verified(await sized('honest')), honest: SMALL },
    { name: LARGE, args: verified(await sized(lines(16 * MIB - 8192))), honest: LARGE },
    {
      name: 'a commit of nearly 32 MiB',
      args: verified(await sized(lines(32 * MIB - 8192))),
      honest: LARGE,
    },
    { name: 'a commit of 40 MiB', args: verified(await sized(lines(40 * MIB))), honest: LARGE },
    await gits('git verify-commit, nearly 32 MiB', 32 * MIB - 8192),
    await gits('git verify-commit, 40 MiB', 40 * MIB),
    {
      name: 'a message of 30 MiB in one line',
      args: verified(await sized('x'.repeat(30 * MIB))),
      honest: LARGE,
    },
    {
      name: 'a message of 30 MiB of empty lines',
      args: verified(await sized(`x\n${'\n'.repeat(30 * MIB)}x`)),
      honest: LARGE,
    },
    {
      name: 'a message of 30 MiB of lines with a space',
      args: verified(await sized(`x\n${' \n'.repeat(15 * MIB)}x`)),
      honest: LARGE,
    },
  ];
}

/** An armor with its DER changed. */
function bent(armor: string, change: (root: Der) => void): string {
  const root = parse(readArmor(Buffer.from(armor)));
  change(root);
  return writeArmor(write(root));
}

function nested(levels: number, tag: number): Uint8Array {
  // written from the inside, as a length is known then; each level costs two to five octets
  let size = 0;
  const heads: Uint8Array[] = [];
  for (let i = 0; i < levels; i += 1) {
    const length = size < 0x80 ? [size] : [0x83, size >> 16, (size >> 8) & 0xff, size & 0xff];
    const head = Uint8Array.from([tag, ...length]);
    heads.push(head);
    size += head.length;
  }
  return Buffer.concat(heads.toReversed());
}

const armor = (der: Uint8Array): string => writeArmor(der);

async function signatures({
  write: put,
  armored,
  verified,
  file,
  trusted,
}: Tools): Promise<readonly WorstInput[]> {
  const payload = commitPayload({ subject: 'with a strange signature' });
  const good = await armored(payload);
  const begin = '-----BEGIN SIGNED MESSAGE-----';
  const commit = (name: string, text: string, honest = SMALL): WorstInput => ({
    ...{ name, args: verified(put(withSignature(payload, text))), honest },
  });
  const asGit = (name: string, text: string): WorstInput => ({
    name: `git verify-commit, ${name}`,
    args: ['--status-fd=1', '--verify', file(`${name}.sig`, text), '-'],
    env: trusted,
    input: Buffer.from(payload),
    honest: SMALL,
  });
  const many = (count: number, one: Der): Der[] => Array.from({ length: count }, () => one);
  const unsigned = bent(good, (root) => {
    const attributes = kid(root, 1, 0, 4, 0, 6);
    const small = parse(encode(0x30, Uint8Array.of(6, 1, 42), encode(0x31)));
    kids(attributes).push(...many(24_000, small));
  });
  const certificates = bent(good, (root) => {
    const bag = kid(root, 1, 0, 3);
    kids(bag).push(...many(180, kid(bag, 0)));
  });
  const signers = bent(good, (root) => {
    const infos = kid(root, 1, 0, 4);
    kids(infos).push(...many(90, kid(infos, 0)));
  });
  const digests = bent(good, (root) => {
    const set = kid(root, 1, 0, 1);
    kids(set).push(...many(12_000, kid(set, 0)));
  });
  return [
    commit('16 MiB of empty signature lines', `${begin}\n${'\n'.repeat(8 * MIB)}x`, LARGE),
    commit(
      '16 MiB of signature',
      `${begin}\n${`${'A'.repeat(64)}\n`.repeat((16 * MIB) / 66)}`,
      LARGE,
    ),
    commit('38,000 nested SEQUENCEs', armor(nested(38_000, 0x30))),
    commit(
      '1,000 nested SETs in a signer',
      bent(good, (root) => {
        kids(kid(root, 1, 0, 4)).push(parse(encode(0x30, nested(1000, 0x31))));
      }),
    ),
    commit('24,000 unsigned attributes', unsigned),
    commit('180 certificates', certificates),
    commit('90 signers', signers),
    commit('12,000 digest algorithms', digests),
    asGit('nested SEQUENCEs', armor(nested(38_000, 0x30))),
    asGit('unsigned attributes', unsigned),
    asGit('certificates', certificates),
    asGit('a megabyte of empty lines', `${begin}\n${'\n'.repeat(MIB - 100)}`),
    asGit(
      'two megabytes of signature',
      `${begin}\n${`${'A'.repeat(64)}\n`.repeat((2 * MIB) / 66)}`,
    ),
  ];
}

function headers({ write: put, verified }: Tools): readonly WorstInput[] {
  const [top = '', rest = ''] = commitPayload({ subject: 'with strange headers' }).split('\n\n');
  const commit = (name: string, more: string): WorstInput => ({
    ...{ name, args: verified(put(Buffer.from(`${top}\n${more}\n${rest}`))), honest: LARGE },
  });
  const tag = (name: string, text: string): WorstInput => ({
    name,
    args: verified(put(Buffer.from(text), 'tag')),
    honest: LARGE,
  });
  const id = '1'.repeat(40);
  return [
    commit('60,000 headers', 'x y\n'.repeat(60_000)),
    commit('4,000,000 headers', 'x y\n'.repeat(4_000_000)),
    commit('8,000,000 continuation lines', `x y\n${' \n'.repeat(8_000_000)}`),
    commit('a header of 30 MiB in one line', `x ${'y'.repeat(30 * MIB)}\n`),
    commit('2,000,000 mergetag headers', 'mergetag x\n'.repeat(2_000_000)),
    {
      ...{ name: 'a committer of 30 MiB', honest: LARGE },
      args: verified(
        put(
          Buffer.from(
            `${top.replace(/committer .*/, () => `committer ${'<'.repeat(30 * MIB)}`)}\n\n${rest}`,
          ),
        ),
      ),
    },
    tag(
      'a tag whose name has 30 MiB',
      `object ${id}\ntype commit\ntag ${'v'.repeat(30 * MIB)}\ntagger A <a@x> 1 +0000\n\nx\n`,
    ),
    tag(
      'a tag of 900,000 armor lines',
      `object ${id}\ntype commit\ntag v\ntagger A <a@x> 1 +0000\n\n${'-----BEGIN SIGNED MESSAGE-----\n'.repeat(900_000)}`,
    ),
  ];
}

interface PolicyTools extends Pick<Tools, 'file'> {
  readonly repository: ScratchRepository;
  readonly sandbox: Sandbox;
  readonly make: ReturnType<typeof signer>;
  readonly trust: readonly string[];
}

const K64 = 64 * 1024;

/** Policies that are as dear as 64 KiB, or more, can be. */
function policyTexts(issuer: string): Readonly<Record<string, string>> {
  const start = `version: 1\nsigners:\n  - {name: alice, identity: alice@example.test, issuer: '${issuer}'}\n`;
  const filled = (text: string): string => start + text.repeat((K64 - start.length) / text.length);
  const names = (count: number): string =>
    Array.from({ length: count }, (_, n) => `m${n.toString(36)}`).join(',');
  const patterns = Array.from({ length: 3000 }, (_, n) => `'refs/**/a*${n.toString(36)}'`);
  return {
    'a policy of 70,000 role members': `${start}roles: {all: [${names(70_000)}]}\n`,
    'a policy of 8,000 role members': `${start}roles: {all: [${names(8000)}]}\n`,
    'a dense policy': filled('x: [a, b]\n'),
    'a policy of 1,900 rules': `${start}commits:\n${'  - {refs: [refs/heads/x]}\n'.repeat(1900)}`,
    'a policy of 3,000 ref patterns': `${start}commits: [{refs: [${patterns.join(',')}]}, {}]\n`,
    'a policy of 64 KiB of brackets': '['.repeat(K64),
    'a policy of 1 MiB of brackets': '['.repeat(MIB),
    'a policy of 64 KiB of list marks': '- '.repeat(K64 / 2),
    'a policy of 30 MiB': filled('# a comment\n').padEnd(30 * MIB, '#'),
  };
}

/** A tree that holds a policy alone. */
function policyTree(repository: ScratchRepository, text: string): string {
  const input = Buffer.from(text);
  const blob = repository.gitWith({ input }, 'hash-object', '-w', '--stdin').out.trim();
  const entry = Buffer.from(`100644 blob ${blob}\t.signet.yaml\n`);
  return repository.gitWith({ input: entry }, 'mktree').out.trim();
}

const smallest = ({ urls }: Sandbox): string =>
  `version: 1\nsigners: [{name: alice, identity: alice@example.test, issuer: '${urls.issuer}'}]\n`;

async function policies({
  repository,
  sandbox,
  make,
  file,
  trust,
}: PolicyTools): Promise<readonly WorstInput[]> {
  const good = await make.commit({ subject: 'judged by a strange policy' });
  const texts = policyTexts(sandbox.urls.issuer);
  const base = await make.commit({
    tree: policyTree(repository, smallest(sandbox)),
    subject: 'base',
  });
  const payload = commitPayload({ subject: 'as git asks' });
  const { armor } = await sandbox.issueSignature(Buffer.from(payload), {});
  const signature = file('policy.sig', armor);
  return Object.entries(texts).flatMap(([name, text]) => {
    const path = file(name.replaceAll(' ', '-'), text);
    const pushed = make.unsigned({
      parents: [base],
      tree: policyTree(repository, text),
      subject: name,
    });
    const parents = ['--policy-from', 'parents', '--since', base];
    const main = ['--ref', 'refs/heads/main'];
    return [
      { name: `${name}, as a file`, args: ['verify', ...main, '--policy', path, ...trust, good] },
      { name: `${name}, pushed`, args: ['verify', ...parents, ...trust, `${base}..${pushed}`] },
      {
        name: `git verify-commit, ${name}`,
        args: ['--status-fd=1', '--verify', signature, '-'],
        env: { SIGNET_TRUST: sandbox.files.trustedRoot, SIGNET_POLICY: path },
        input: Buffer.from(payload),
      },
    ].map((input) => ({ ...input, honest: SMALL }));
  });
}

interface GraphTools extends PolicyTools {
  readonly anybody: readonly string[];
}

/** A signed release whose tree says far too much about its archive. */
async function attributes({ repository, make, sandbox }: GraphTools): Promise<WorstInput> {
  const lines = Array.from({ length: 2_000_000 }, (_, n) => `a${n} export-subst\n`).join('');
  const store = (text: string): string =>
    repository.gitWith({ input: Buffer.from(text) }, 'hash-object', '-w', '--stdin').out.trim();
  const entries = `100644 blob ${store(lines)}\t.gitattributes\n100644 blob ${store('x')}\ta1\n`;
  const tree = repository.gitWith({ input: Buffer.from(entries) }, 'mktree').out.trim();
  const tag = await make.tag(await make.commit({ tree, subject: 'a release' }), 'commit', 'v1');
  repository.must('update-ref', 'refs/tags/v1', tag);
  const archive = join(repository.home, 'v1.tar');
  repository.must('archive', '--prefix=v1/', '-o', archive, 'v1');
  const trust = ['--trusted-root', sandbox.files.trustedRoot, '--offline'];
  return {
    ...{ name: 'attributes of 40 MB in an archive', honest: LARGE },
    args: ['verify-archive', '--unsafe-any-identity', ...trust, 'v1', archive],
  };
}

/** A tree with as many entries as 32 MiB hold, which name one file. */
function giantTree(repository: ScratchRepository, n: number): string {
  const blob = repository.gitWith({ input: Buffer.from('x') }, 'hash-object', '-w', '--stdin').out;
  const id = Buffer.from(blob.trim(), 'hex');
  const entries = Array.from({ length: 900_000 }, (_, index) => {
    const name = `100644 b${index.toString(36).padStart(5, '0')}${n}\0`;
    return Buffer.concat([Buffer.from(name), id]);
  });
  const path = join(repository.home, 'tree');
  writeFileSync(path, Buffer.concat(entries));
  return repository.must('hash-object', '-t', 'tree', '-w', '--literally', path);
}

/** As many commits without parents and signatures, made at once. */
function manyCommits(repository: ScratchRepository, count: number): readonly string[] {
  const marks = join(repository.home, 'marks');
  const commits = Array.from({ length: count }, (_, n) => {
    const message = `commit ${n}\n`;
    const head = `commit refs/heads/many\nmark :${n + 1}\ncommitter A <a@x.test> ${n} +0000\n`;
    return `${head}data ${message.length}\n${message}\nreset refs/heads/many\n`;
  });
  const input = Buffer.from(commits.join(''));
  const ran = repository.gitWith({ input }, 'fast-import', '--quiet', `--export-marks=${marks}`);
  if (ran.exit !== 0) throw new Error(ran.err);
  return readFileSync(marks, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
}

async function graphs({
  repository,
  sandbox,
  make,
  file,
  trust,
  anybody,
}: GraphTools): Promise<readonly WorstInput[]> {
  const base = await make.commit({
    tree: policyTree(repository, smallest(sandbox)),
    subject: 'start',
  });
  const empty = base;
  let six = empty;
  for (let i = 0; i < 6; i += 1) {
    const payload = commitPayload({ parents: [six], subject: 'one of six' });
    const text = `-----BEGIN SIGNED MESSAGE-----\n${'\n'.repeat(8 * MIB)}${i}`;
    six = repository.write('commit', withSignature(payload, text));
  }
  const octopus = await make.commit({
    parents: manyCommits(repository, 10_000),
    subject: 'an octopus',
  });
  const rules = `commits: [{merges: clean, distinct-signers: 3}]\n`;
  const who = `signers: [{name: alice, identity: alice@example.test, issuer: '${sandbox.urls.issuer}'}]`;
  const policy = ['--policy', file('octopus policy', `version: 1\n${who}\n${rules}`)];
  let tag = empty;
  for (let i = 0; i < 60; i += 1) {
    tag = await make.tag(tag, i === 0 ? 'commit' : 'tag', `v${i}`, i < 50 ? 'unsigned' : {});
  }
  repository.must('update-ref', 'refs/tags/v59', tag);
  let large = empty;
  for (let i = 0; i < 6; i += 1) {
    const payload = commitPayload({ parents: [large], subject: `${i}${'x'.repeat(31 * MIB)}` });
    large = repository.write('commit', Buffer.from(payload));
  }
  let wooded = empty;
  for (let i = 0; i < 6; i += 1) {
    const payload = commitPayload({
      parents: [wooded],
      tree: giantTree(repository, i),
      subject: 'x',
    });
    wooded = repository.write('commit', Buffer.from(payload));
  }
  return [
    {
      ...{
        name: 'six commits with trees of 900,000 entries, by the policy in their parents',
        honest: LARGE,
      },
      args: ['verify', '--policy-from', 'parents', '--since', base, ...trust, `${base}..${wooded}`],
    },
    {
      ...{ name: 'six commits of 16 MiB of empty signature lines', honest: LARGE },
      args: ['verify', ...anybody, `${empty}..${six}`],
    },
    {
      ...{ name: 'six commits of 31 MiB', honest: LARGE },
      args: ['verify', ...anybody, `${empty}..${large}`],
    },
    {
      ...{ name: 'an octopus of 10,000 parents', honest: SMALL },
      args: ['verify', ...policy, ...trust, octopus],
    },
    {
      ...{ name: 'an octopus of 10,000 parents, as a range', honest: SMALL },
      args: ['verify', ...policy, ...trust, `${empty}..${octopus}`],
    },
    { name: 'a chain of 60 tags', args: ['verify-tag', ...anybody, 'v59'], honest: SMALL },
  ];
}
