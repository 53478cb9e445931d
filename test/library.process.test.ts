/** The library as another program uses it: the example is type-checked against the exports, bundled by itself, and run. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { describe, expect, it } from 'vitest';
import { readSources, staticClosure } from '../scripts/imports.ts';
import { scratchDirectory } from './support/sandbox.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const vectors = join(root, 'test/vectors/gitsign');

describe('the library', () => {
  it('reaches no process, no network and no disk: nothing but crypto', () => {
    const closure = [...staticClosure(readSources(root, 'src'), 'src/index.ts')];
    expect(closure.filter((name) => name.startsWith('node:'))).toEqual(['node:crypto']);
    const outside = closure.filter((name) => !name.startsWith('src/') && !name.startsWith('node:'));
    expect(outside.filter((name) => !name.startsWith('@sigstore/protobuf-specs'))).toEqual([]);
    expect(closure.filter((name) => /^src\/(commands|report|sandbox|sign)/.test(name))).toEqual([]);
  });

  it('the example compiles against the library’s own types, and says who signed', async () => {
    const directory = scratchDirectory('library');
    const home = join(directory, 'node_modules/git-signet');
    mkdirSync(home, { recursive: true });
    const door = join(root, 'src/index.ts');
    await build({
      input: door,
      output: { file: join(home, 'index.js'), format: 'esm' },
      platform: 'node',
    });
    writeFileSync(
      join(home, 'package.json'),
      '{"name":"git-signet","type":"module","exports":"./index.js"}',
    );
    writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
    const example = readFileSync(join(root, 'examples/verify-commit.ts'), 'utf8');
    writeFileSync(join(directory, 'verify-commit.ts'), example);
    const tsconfig = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        paths: { 'git-signet': [door] },
        typeRoots: [join(root, 'node_modules/@types')],
      },
      include: ['verify-commit.ts'],
    };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(tsconfig));
    const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', directory];
    expect(spawnSync(process.execPath, tsc, { encoding: 'utf8' }).stdout).toBe('');
    const raw = readFileSync(join(vectors, 'offline/01-plain.commit'));
    const id = execFileSync('git', ['hash-object', '-t', 'commit', '--stdin'], {
      input: raw,
      encoding: 'utf8',
    }).trim();
    const trust = join(vectors, 'trust/trusted_root.json');
    const say = (input: Uint8Array, ...args: string[]) =>
      spawnSync(process.execPath, [join(directory, 'verify-commit.ts'), trust, ...args], {
        input,
        encoding: 'utf8',
      });
    const issuer = 'http://127.0.0.1:18808';
    const good = say(raw, id, 'alice@example.test', issuer);
    expect(good.stdout + good.stderr).toBe('verified me\n');
    expect(say(raw, id, 'bob@example.test', issuer).stdout).toBe(
      'not-allowed identity-not-allowed\n',
    );
    const evil = Buffer.concat([raw, Buffer.from('x')]);
    expect(say(evil, id, 'alice@example.test', issuer).stdout).toBe('refused object-id-mismatch\n');
  });
});
