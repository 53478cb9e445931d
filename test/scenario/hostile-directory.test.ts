import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signedParts } from '../support/signed-parts.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const vectors = join(root, 'test/vectors/gitsign');
const FORMS: readonly (readonly [name: string, command: readonly string[]])[] = [
  ['executable', [join(root, 'dist/git-signet')]],
  ['Node bundle', [process.execPath, join(root, 'dist/node/git-signet.cjs')]],
];
/** Files that runtimes and package managers read, or run, when they find them in the current directory. */
const HOSTILE: Readonly<Record<string, string>> = {
  '.env': 'SIGNET_TRUST=/nowhere/trusted_root.json\nSIGNET_DEBUG=1\n',
  '.env.local': 'SIGNET_TRUST=/nowhere/trusted_root.json\n',
  '.env.production': 'SIGNET_TRUST=/nowhere/trusted_root.json\n',
  'bunfig.toml': 'preload = ["./evil.ts"]\n[run]\nbun = true\n',
  'package.json':
    '{"type":"module","main":"evil.ts","imports":{"#x":"./evil.ts"},"browser":"evil.ts"}',
  'tsconfig.json':
    '{"compilerOptions":{"baseUrl":".","paths":{"*":["./evil.ts"]},"jsxImportSource":"evil"}}',
  '.npmrc': 'node-options=--require ./evil.js\n',
};

let work: string;
let marker: string;
let payload: Uint8Array;

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'signet-hostile-'));
  marker = join(work, 'it-ran');
  const parts = signedParts('commit', readFileSync(join(vectors, 'offline/01-plain.commit')));
  payload = Buffer.from(parts.payload, 'latin1');
  writeFileSync(join(work, 'signature'), parts.signature, 'latin1');
  mkdirSync(join(work, 'home'));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

function environment(): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: join(work, 'home'),
    GIT_CONFIG_NOSYSTEM: '1',
    SIGNET_TRUST: join(vectors, 'trust/trusted_root.json'),
  };
}

/** A directory with a working repository and every hostile file, either as text or as a pipe that blocks its reader. */
function hostileDirectory(kind: 'text' | 'pipe'): string {
  const directory = mkdtempSync(join(work, `${kind}-`));
  execFileSync('git', ['init', '-q', directory], { env: environment() });
  const evil = `require('node:fs').writeFileSync(${JSON.stringify(marker)}, 'ran')`;
  for (const name of ['evil.ts', 'evil.js', 'index.js']) writeFileSync(join(directory, name), evil);
  for (const [name, text] of Object.entries(HOSTILE)) {
    if (kind === 'text') writeFileSync(join(directory, name), text);
    else execFileSync('mkfifo', [join(directory, name)]);
  }
  return directory;
}

function runIn(directory: string, command: readonly string[], args: readonly string[]) {
  const [program = '', ...rest] = command;
  return spawnSync(program, [...rest, ...args], {
    cwd: directory,
    env: environment(),
    input: payload,
    encoding: 'utf8',
    timeout: 15_000,
  });
}

describe.each(FORMS)('the %s in a hostile directory (P14)', (_name, command) => {
  it.each(['text', 'pipe'] as const)(
    'nothing of a hostile directory is read or run (as %s)',
    (kind) => {
      const directory = hostileDirectory(kind);
      const version = runIn(directory, command, ['--version']);
      expect(version.stdout).toMatch(/^git-signet \d/);
      const verify = runIn(directory, command, ['--status-fd=1', '--verify', '../signature', '-']);
      expect(verify.signal).toBeNull();
      expect(verify.stdout).toMatch(/\n\[GNUPG:\] GOODSIG /);
      expect(verify.status).toBe(0);
      expect(existsSync(marker)).toBe(false);
    },
  );

  it('would be caught reading: a pipe that is opened blocks', () => {
    const directory = hostileDirectory('pipe');
    const reader = spawnSync('cat', ['bunfig.toml'], { cwd: directory, timeout: 300 });
    expect(reader.error).toMatchObject({ code: 'ETIMEDOUT' });
  });
});
