/**
 * Prints what the signature checks of a history cost alone: `signatures a commit` and `milliseconds of CPU a commit`, as JSON.
 * The judge itself names the signatures, with its caches, so no signature is counted that a range does not verify. Keys are
 * read before. Both runtimes run this file: `node|bun bare-ecdsa.ts DIR FIRST COUNT`.
 */

import { execFileSync } from 'node:child_process';
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Crypto, HashAlgorithm } from '../../src/core/crypto.ts';
import { parseTrustedRoot } from '../../src/core/trust/trusted-root.ts';
import { type Batch, createJudge } from '../../src/gate/judge.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';

/** What one process prints. */
export interface BareCost {
  readonly signatures: number;
  readonly milliseconds: number;
}

interface Question {
  readonly key: KeyObject;
  readonly hash: HashAlgorithm;
  readonly data: Uint8Array;
  readonly signature: Uint8Array;
}

const WARM_UP = 500;

function* batchesOf(repository: string, first: number, count: number): Generator<Batch> {
  const git = (args: readonly string[], input?: string): Buffer =>
    execFileSync('git', ['-C', repository, ...args], { input, maxBuffer: 2 ** 30 });
  const ids = git(['rev-list', `--skip=${first}`, `-${count}`, 'main']).toString();
  const stream = git(['cat-file', '--batch'], ids);
  for (let at = 0; at < stream.length; ) {
    const line = stream.indexOf('\n', at);
    const [id = '', , size] = stream.toString('latin1', at, line).split(' ');
    const bytes = new Uint8Array(stream.subarray(line + 1, line + 1 + Number(size)));
    yield { bytes, items: [{ id, type: 'commit', start: 0, end: bytes.length }] };
    at = line + Number(size) + 2;
  }
}

/** Returns every signature that these commits need, once each, as the judge asks for it. */
async function questionsOf(folder: string, batches: Iterable<Batch>): Promise<Question[]> {
  const root = readFileSync(join(folder, 'sandbox', 'trusted_root.json'), 'utf8');
  const questions: Question[] = [];
  const keys = new Map<string, KeyObject>();
  const keyOf = (spki: Uint8Array): KeyObject => {
    const name = Buffer.from(spki).toString('latin1');
    const key =
      keys.get(name) ?? createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    keys.set(name, key);
    return key;
  };
  const crypto: Crypto = {
    hash: nodeCrypto.hash,
    verify: ({ spki }, hash, data, signature) => {
      questions.push({ key: keyOf(spki), hash, data: data.slice(), signature: signature.slice() });
      return true;
    },
  };
  const trust = parseTrustedRoot(root, 'bench', crypto);
  const now = Math.floor(Date.now() / 1000);
  const judge = createJudge(
    { trust, ignoreSct: false, now, format: 'sha1', output: 'text' },
    crypto,
  );
  for (const batch of batches) {
    const [judged] = await judge(batch);
    if (judged?.status !== 'verified') throw new Error(`a commit is ${judged?.status}`);
  }
  return questions;
}

const [folder = '', first = '0', count = '1000'] = process.argv.slice(2);
const batches = batchesOf(join(folder, 'repo'), Number(first), Number(count));
const questions = await questionsOf(folder, batches);
const ask = ({ hash, data, key, signature }: Question): void => {
  if (!verify(hash, data, key, signature)) throw new Error('a signature does not verify');
};
questions.slice(0, WARM_UP).forEach(ask);
const before = process.cpuUsage();
questions.forEach(ask);
const { user, system } = process.cpuUsage(before);
const cost: BareCost = {
  signatures: questions.length / Number(count),
  milliseconds: (user + system) / 1000 / Number(count),
};
process.stdout.write(`${JSON.stringify(cost)}\n`);
