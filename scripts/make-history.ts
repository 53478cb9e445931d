/**
 * A repository of signed commits for measuring: N commits in a row, a certificate and a log entry each, made by the
 * test forge under a sandbox's keys and in its log, and written as one pack.
 *
 *   node scripts/make-history.ts DIR [N] [--few-certificates]
 *
 * DIR/repo is a bare repository (branch `main`), DIR/sandbox holds the sandbox; the path of its trusted root is
 * printed last.
 */

import { spawn } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { deflateSync } from 'node:zlib';
import { type Sandbox, startSandbox } from '../src/sandbox/index.ts';
import { historySigner, type Login } from '../test/support/forge/history.ts';

const PERSON = 'Alice <alice@example.test>';
/** Commits that share a certificate with `--few-certificates`: ten minutes of one login. */
const COMMITS_A_LOGIN = 500;

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

/** Writes `count` signed commits; returns the last one's id. */
async function writeHistory(
  sandbox: Sandbox,
  repository: string,
  count: number,
  fewCertificates: boolean,
): Promise<string> {
  const pack = packInto(repository, count + 1);
  const tree = Buffer.alloc(0);
  await pack.write(packed('tree', tree));
  let parent: string | undefined;
  let login: Login | undefined;
  const signer = historySigner(sandbox);
  for (let i = 0; i < count; i += 1) {
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

async function git(...args: readonly string[]): Promise<void> {
  const child = spawn('git', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`git ${args[0]} ended with ${code}`);
}

const [directory, count = '10000', ...flags] = process.argv.slice(2);
if (directory === undefined || !/^[1-9]\d{0,6}$/.test(count)) {
  throw new Error('usage: node scripts/make-history.ts DIR [N] [--few-certificates]');
}
const root = resolve(directory);
const repository = join(root, 'repo');
mkdirSync(root, { recursive: true });
await git('init', '--quiet', '--bare', '--initial-branch=main', repository);
const sandbox = await startSandbox({ dir: join(root, 'sandbox') });
try {
  const few = flags.includes('--few-certificates');
  const tip = await writeHistory(sandbox, repository, Number(count), few);
  await git('-C', repository, 'update-ref', 'refs/heads/main', tip);
  process.stdout.write(`${sandbox.files.trustedRoot}\n`);
} finally {
  await sandbox.close();
}
