import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Finding, Outcome, Signer } from '../../../src/core/verdict.ts';
import { UsageError } from '../../../src/errors.ts';
import { readShardFile } from '../../../src/gate/shards/read-shard.ts';
import { headLine, type ShardHead, shardLines } from '../../../src/gate/shards/shard-file.ts';
import { forgedLines } from '../../support/forged-lines.ts';
import { scratchDirectory } from '../../support/sandbox.ts';

const directory = scratchDirectory('shard-form');
const HEAD: ShardHead = {
  ...{ shard: 1, of: 2, now: 7, words: ['--', 'main'] },
  run: { ref: 'main', policy: 'p' },
};
const SELECTION = 'd'.repeat(64);
const ID = 'a'.repeat(40);

const signer: Signer = {
  ...{ kind: 'email', value: 'alice@example.test', issuer: 'https://accounts.example.test' },
  extensions: { 8: 'https://accounts.example.test' },
};
const certificate = {
  ...{ sha1: 'a'.repeat(40), sha256: 'b'.repeat(64) },
  ...{ notBefore: 1_795_262_000, notAfter: 1_795_262_600 },
};
const logEntry = {
  ...{ logId: 'c'.repeat(64), logIndex: '12345678901234567890', kindVersion: 'hashedrekord 0.0.1' },
  integratedTime: 1_795_262_072,
};
const findings: readonly Finding[] = [
  { code: 'committer-differs', detail: 'the committer is another', severity: 'note' },
];
const times = [
  { source: 'rekor', time: 1_795_262_072, authority: 'c'.repeat(64) },
  { source: 'timestamp-authority', time: 1_795_262_072.5, authority: 'd'.repeat(64) },
] as const;
const evidence = { signer, certificate, logEntry, times, findings };
const refusal = { check: 'policy', code: 'identity-not-allowed', detail: 'no rule' } as const;

/** An outcome of each kind that a shard may hold, with every field that it may have. */
const OUTCOMES: Readonly<Record<string, Outcome>> = {
  verified: { status: 'verified', ...evidence, rule: 'alice' },
  'not allowed': { status: 'not-allowed', ...evidence, ...refusal },
  'verified by a key': {
    ...{ status: 'verified', kind: 'ssh', key: 'ssh-ed25519 AAAA', rule: 'alice' },
    ...{ signer: { ...signer, kind: 'ssh' }, findings },
  },
  'not allowed by a key': {
    ...{ status: 'not-allowed', kind: 'openpgp', ...refusal, findings },
    ...{ signer: { ...signer, kind: 'openpgp' }, claimedSigner: signer },
  },
  refused: {
    ...{ status: 'refused', check: 'content', code: 'content-digest-differs', detail: 'no' },
    ...{ claimedSigner: signer, certificate },
  },
  undecided: {
    ...{ status: 'undecided', check: 'object', code: 'signature-kind-unsupported' },
    ...{ detail: 'a key', kind: 'openpgp', claimedSigner: signer },
  },
  unsigned: { status: 'unsigned', check: 'object', code: 'unsigned', detail: 'no signature' },
};

const recordOf = (outcome: object): string =>
  JSON.stringify({ id: ID, ref: 'refs/heads/main', outcome });

/** Writes a whole file with one record and a digest that holds, and reads it. */
function read(record: string, { head = headLine(HEAD), last = {} } = {}) {
  const lines = shardLines();
  const text = lines.line(head) + lines.line(record);
  const end = { judged: 1, total: 2, selection: SELECTION };
  const path = join(directory, 'a.shard');
  writeFileSync(path, text + lines.end({ ...end, ...last }));
  return readShardFile(path);
}

/** Fields that a record need not have. */
const OPTIONAL = ['ref', 'logEntry', 'findings', 'integratedTime', 'claimedSigner'];

/** Returns whether a record of this outcome may go without a field. */
function optional(what: string, outcome: Outcome): boolean {
  const name = what.replace(' away', '');
  const more: readonly (readonly [string, boolean])[] = [
    ['outcome.rule', outcome.status === 'verified' && 'certificate' in outcome],
    ['outcome.certificate', outcome.status === 'refused'],
    ['outcome.kind', outcome.status === 'undecided'],
    ['outcome.signer', outcome.status === 'not-allowed' && 'kind' in outcome],
  ];
  return (
    OPTIONAL.includes(name.split('.').at(-1) ?? '') ||
    name.includes('.extensions.') ||
    more.some(([path, may]) => may && path === name)
  );
}

describe.each(Object.entries(OUTCOMES))('a record that is %s', (_name, outcome) => {
  const line = recordOf(outcome);

  it('is read, and is refused with any field of it changed (U4)', async () => {
    await expect(read(line)).resolves.toBeDefined();
    const forged = forgedLines(line).filter(
      ({ absent, what }) => !(absent && optional(what, outcome)),
    );
    expect(forged.length).toBeGreaterThan(20);
    for (const { what, line: changed } of forged) {
      await expect(read(changed), what).rejects.toThrow(UsageError);
    }
  });
});

it('closed words and digests of another value are refused (U4)', async () => {
  const wrong: readonly (readonly [string, string])[] = [
    ['"kind":"email"', '"kind":"pgp"'],
    ['"status":"verified"', '"status":"good"'],
    ['"source":"rekor"', '"source":"clock"'],
    ['"severity":"note"', '"severity":"none"'],
    ['"code":"committer-differs"', '"code":"toString"'],
    ['"sha1":"aa', '"sha1":"AA'],
    ['"sha256":"b', '"sha256":"'],
    ['"logIndex":"', '"logIndex":"-'],
    [`"id":"${ID}"`, '"id":"main"'],
    ['"ref":"refs', '"ref":"\\u0000refs'],
  ];
  const line = recordOf(OUTCOMES['verified'] ?? {});
  for (const [from, to] of wrong) {
    const changed = line.replace(from, to);
    expect(changed).not.toBe(line);
    await expect(read(changed), to).rejects.toThrow(UsageError);
  }
});

it('fields that only the merge may settle are refused (U1, U4)', async () => {
  const verified = OUTCOMES['verified'] ?? {};
  const more = [{ approvals: [] }, { carried: {} }, { notCarried: 'x' }, { more: 1 }];
  for (const field of more)
    await expect(read(recordOf({ ...verified, ...field }))).rejects.toThrow(UsageError);
  const proto = recordOf(verified).replace('"outcome":{', '"outcome":{"__proto__":{},');
  await expect(read(proto)).rejects.toThrow(UsageError);
});

it('lists without end are refused (U4)', async () => {
  const many = (length: number) => Array.from({ length }, () => times[0]);
  const verified = OUTCOMES['verified'] ?? {};
  for (const list of [[], many(3), many(200_000)])
    await expect(read(recordOf({ ...verified, times: list }))).rejects.toThrow(UsageError);
});

it('the first line is refused with any field of it changed (U4)', async () => {
  const record = recordOf(OUTCOMES['unsigned'] ?? {});
  const line = headLine(HEAD);
  const forged = forgedLines(line).filter(
    ({ what, absent }) => !(absent && what.startsWith('run.')),
  );
  for (const { what, line: head } of forged)
    await expect(read(record, { head }), what).rejects.toThrow(UsageError);
  const more: readonly object[] = [
    ...[{ shard: 3 }, { shard: 0 }, { of: 0 }, { of: 1025 }, { now: 9e15 }, { now: -1 }],
    ...[{ shard: 1.5 }, { words: ['a\0b'] }, { gitSignetShard: 1 }, { gitSignetShard: 3 }],
  ];
  for (const field of more) {
    const head = JSON.stringify({ ...JSON.parse(line), ...field });
    await expect(read(record, { head }), head).rejects.toThrow(UsageError);
  }
});

it('the last line is refused with any field of it changed (U4)', async () => {
  const record = recordOf(OUTCOMES['unsigned'] ?? {});
  const lines = shardLines();
  const start = lines.line(headLine(HEAD)) + lines.line(record);
  const end = lines.end({ judged: 1, total: 2, selection: SELECTION });
  const path = join(directory, 'b.shard');
  for (const { what, line } of forgedLines(end)) {
    writeFileSync(path, `${start}${line}\n`);
    await expect(readShardFile(path), what).rejects.toThrow(UsageError);
  }
});

it('the error names the file, the line, the field and the next command', async () => {
  const record = recordOf({ ...OUTCOMES['verified'], times: [] });
  const error = await read(record).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'USAGE',
    message: expect.stringMatching(/a\.shard: line 2: outcome\.times /),
    hint: expect.stringContaining('git signet verify --shard 1/2 '),
  });
});
