/**
 * A repository of signed commits for measuring: N commits in a row, a certificate and a log entry each, made by the
 * test forge under a sandbox's keys and in its log, and written as packs of 50,000. A run that was ended goes on from its
 * last whole pack.
 *
 * Run by `scripts/bench --store`, or by Node.js from 22.18 on:
 *
 *   node scripts/make-history.ts DIR [N] [--few-certificates]
 *
 * DIR/repo is a bare repository (branch `main`), DIR/sandbox holds the sandbox; the path of its trusted root is
 * printed last.
 */

import { spawn } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { deflateSync } from 'node:zlib';
import { type Sandbox, startSandbox } from '../src/sandbox/index.ts';
import { historySigner, type Login } from '../test/support/forge/history.ts';

const PERSON = 'Alice <alice@example.test>';
/** Commits that share a certificate with `--few-certificates`: ten minutes of one login. */
const COMMITS_A_LOGIN = 500;
/** Commits that one run of "git index-pack" takes. */
const COMMITS_A_PACK = 50_000;

type PackedType = 'commit' | 'tree';
const PACK_TYPES: Readonly<Record<PackedType, number>> = { commit: 1, tree: 2 };

function sha1(type: PackedType, raw: Uint8Array): string {
  return createHash('sha1').update(`${type} ${raw.length}\0`).update(raw).digest('hex');
}

/** An object as packs hold it (gitformat-pack): type and size in a varint, then zlib data. */
function packed(type: PackedType, raw: Uint8Array): Buffer {
  const header: number[] = [];
  let rest = Math.floor(raw.length / 16);
  header.push((PACK_TYPES[type] << 4) | (raw.length % 16) | (rest > 0 ? 0x80 : 0));
  while (rest > 0) {
    header.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  }
  return Buffer.concat([Buffer.from(header), deflateSync(raw, { level: 1 })]);
}

interface Sink {
  readonly write: (chunk: Uint8Array) => Promise<void>;
  readonly end: () => Promise<void>;
}

/** `git index-pack --stdin`, with the pack's checksum kept on the way. */
function packInto(repository: string, objects: number): Sink {
  const git = spawn('git', ['-C', repository, 'index-pack', '--stdin'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = once(git, 'close');
  const checksum: Hash = createHash('sha1');
  const send = async (chunk: Uint8Array): Promise<void> => {
    if (!git.stdin.write(chunk)) await once(git.stdin, 'drain');
  };
  const write = (chunk: Uint8Array): Promise<void> => {
    checksum.update(chunk);
    return send(chunk);
  };
  const header = Buffer.alloc(12);
  header.write('PACK');
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(objects, 8);
  const begun = write(header);
  return {
    write: async (chunk) => {
      await begun;
      await write(chunk);
    },
    end: async () => {
      await send(checksum.digest());
      git.stdin.end();
      const [code] = await ended;
      if (code !== 0) throw new Error(`git index-pack ended with ${code}`);
    },
  };
}

function signed(payload: string, armor: string): Buffer {
  const at = payload.indexOf('\n\n') + 1;
  const header = `gpgsig ${armor.trimEnd().replaceAll('\n', '\n ')}\n`;
  return Buffer.from(payload.slice(0, at) + header + payload.slice(at));
}

/** Where a history stands: how many commits it has, and the last one. */
interface Progress {
  readonly count: number;
  readonly tip?: string;
}

/** Writes signed commits behind `from` until there are `count`, as one pack. Returns the last one's id. */
async function writePack(
  { sandbox, repository, fewCertificates }: Place,
  from: Progress,
  count: number,
): Promise<string> {
  const pack = packInto(repository, count - from.count + 1);
  const tree = Buffer.alloc(0);
  await pack.write(packed('tree', tree));
  let parent = from.tip;
  let login: Login | undefined;
  const signer = historySigner(sandbox);
  for (let i = from.count; i < count; i += 1) {
    const time = 1767225600 + i;
    const lines = [`tree ${sha1('tree', tree)}`];
    if (parent !== undefined) lines.push(`parent ${parent}`);
    lines.push(`author ${PERSON} ${time} +0000`, `committer ${PERSON} ${time} +0000`);
    const payload = `${lines.join('\n')}\n\nchange ${i}: a subject of ordinary length\n\nAnd a body.\n`;
    if (login === undefined || !fewCertificates || i % COMMITS_A_LOGIN === 0)
      login = signer.login();
    const raw = signed(payload, signer.sign(Buffer.from(payload), login));
    parent = sha1('commit', raw);
    await pack.write(packed('commit', raw));
    if (i % 1000 === 999) process.stderr.write(`${i + 1} commits\n`);
  }
  await pack.end();
  return parent ?? '';
}

async function git(repository: string, ...args: readonly string[]): Promise<string> {
  const child = spawn('git', ['-C', repository, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.setEncoding('utf8');
  let said = '';
  child.stdout.on('data', (text: string) => {
    said += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`git ${args[0]} ended with ${code}`);
  return said.trim();
}

/** Reads from the last commit's subject how many there are, which counting would take long to say. */
async function progressOf(repository: string): Promise<Progress> {
  const ref = await git(
    repository,
    ...['for-each-ref', '--format=%(objectname) %(subject)', 'refs/heads/main'],
  );
  const [, tip, last] = /^(\w+) change (\d+):/.exec(ref) ?? [];
  return tip === undefined ? { count: 0 } : { count: Number(last) + 1, tip };
}

interface Place {
  readonly sandbox: Sandbox;
  readonly repository: string;
  readonly fewCertificates: boolean;
}

const [directory, count = '10000', ...flags] = process.argv.slice(2);
if (directory === undefined || !/^[1-9]\d{0,6}$/.test(count)) {
  throw new Error('usage: node scripts/make-history.ts DIR [N] [--few-certificates]');
}
const root = resolve(directory);
const repository = join(root, 'repo');
if (!existsSync(repository)) {
  mkdirSync(repository, { recursive: true });
  await git(repository, 'init', '--quiet', '--bare', '--initial-branch=main');
}
const sandboxDir = join(root, 'sandbox');
const wanted = Number(count);
const known = await progressOf(repository);
if (known.count < wanted) {
  const sandbox = await startSandbox({ dir: sandboxDir });
  try {
    const place = { sandbox, repository, fewCertificates: flags.includes('--few-certificates') };
    for (let at = known; at.count < wanted; ) {
      const next = Math.min(at.count + COMMITS_A_PACK, wanted);
      const tip = await writePack(place, at, next);
      await git(repository, 'update-ref', 'refs/heads/main', tip);
      at = { count: next, tip };
    }
  } finally {
    await sandbox.close();
  }
}
process.stdout.write(`${join(sandboxDir, 'trusted_root.json')}\n`);
