import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { importsOf, readSources, type Sources, staticClosure } from '../scripts/imports.ts';
import {
  ambiguousTypes,
  borrowedWriters,
  circles,
  commandsOnPath,
  crowded,
  foreignToCore,
  heavyOnHotPath,
  impureCore,
  nodeFilesOnPath,
  oversize,
  strayEnvironment,
  strayGitChildren,
  strayIssuing,
  strayOpen,
  straySimpleGit,
  strayWriters,
  upwardImports,
} from './support/laws.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = readSources(root, 'src');
/** What git starts, and what that loads whenever it verifies or signs by way of the agent. */
const HOT = [
  'src/gpgsm/gpgsm.ts',
  'src/gpgsm/verify.ts',
  'src/gpgsm/sign.ts',
  'src/agent/client/sign-by-agent.ts',
  'src/signing/verify-made.ts',
];

/** The tree with one file changed: what a careless commit would do. */
function doctored(path: string, line: string): Sources {
  return new Map([...sources, [path, `${line}\n${sources.get(path) ?? ''}`]]);
}

/** What a verification by git and `--version` load. */
const WITHOUT_NODE_FILES = [
  ...['src/main.ts', 'src/system/terminal.ts', 'src/gpgsm/gpgsm.ts', 'src/gpgsm/verify.ts'],
  ...['src/commands/table.ts', 'src/cli/spec.ts', 'src/commands/version.ts'],
];

interface Law {
  readonly name: string;
  readonly violations: (tree: Sources) => readonly string[];
  /** A change that must be caught, and what must be said of it. */
  readonly breach: readonly [path: string, line: string];
  readonly says: string;
}

const laws: readonly Law[] = [
  {
    name: 'imports point down',
    violations: upwardImports,
    breach: ['src/core/bytes.ts', "import { saveEntry } from '../services/entry-store.ts';"],
    says: 'src/core/bytes.ts imports src/services/entry-store.ts',
  },
  {
    name: 'rooms know no neighbour',
    violations: upwardImports,
    breach: ['src/gate/judge.ts', "import type { Agent } from '../agent/instance.ts';"],
    says: 'src/gate/judge.ts imports src/agent/instance.ts',
  },
  {
    name: 'no import leads back, not even one of a type or on use',
    violations: circles,
    breach: ['src/core/bytes.ts', "import type { Json } from './proto-json.ts';"],
    says: 'src/core/bytes.ts is in a circle with src/core/proto-json.ts',
  },
  {
    name: 'one name of an exported type means one type',
    violations: ambiguousTypes,
    breach: ['src/git/blob.ts', 'export interface Verified { readonly id: string }'],
    says: 'Verified is a type of src/core/verdict.ts, src/git/blob.ts',
  },
  {
    name: 'the sandbox is loaded on use only',
    violations: upwardImports,
    breach: ['src/commands/version.ts', "import { startSandbox } from '../sandbox/index.ts';"],
    says: 'src/commands/version.ts imports src/sandbox/index.ts',
  },
  {
    name: 'the hot path loads nothing heavy',
    violations: (tree) => HOT.flatMap((entry) => heavyOnHotPath(tree, entry)),
    breach: ['src/core/bytes.ts', "import { ContentInfo } from 'pkijs';"],
    says: 'pkijs',
  },
  {
    name: 'git’s path loads no command and no specification of one',
    violations: (tree) =>
      ['src/main.ts', 'src/dispatch.ts', ...HOT].flatMap((entry) => commandsOnPath(tree, entry)),
    breach: ['src/gpgsm/gpgsm.ts', "import { usageOf } from '../cli/usage.ts';"],
    says: 'src/gpgsm/gpgsm.ts loads src/cli/usage.ts',
  },
  {
    name: 'a verification by git and --version load no module of Node for files and paths',
    violations: (tree) => WITHOUT_NODE_FILES.flatMap((entry) => nodeFilesOnPath(tree, entry)),
    breach: ['src/trust/source.ts', "import { join } from 'node:path';"],
    says: 'src/trust/source.ts imports node:path',
  },
  {
    name: 'a signature for git loads no module of Node for paths',
    violations: (tree) =>
      HOT.flatMap((entry) => nodeFilesOnPath(tree, entry)).filter((line) => /path$/.test(line)),
    breach: ['src/agent/socket-path.ts', "import { dirname } from 'node:path';"],
    says: 'src/agent/socket-path.ts imports node:path',
  },
  {
    name: 'nothing but the sandbox asks a library that issues certificates (L9)',
    violations: strayIssuing,
    breach: ['src/system/crypto.ts', "import { SignedData } from 'pkijs';"],
    says: 'src/system/crypto.ts imports pkijs',
  },
  {
    name: 'the reflection polyfill is loaded before @peculiar/x509 (L10)',
    violations: strayIssuing,
    breach: ['src/sandbox/fulcio/certificates.ts', "import { Name } from '@peculiar/x509';"],
    says: 'src/sandbox/fulcio/certificates.ts imports @peculiar/x509',
  },
  {
    name: 'the core knows no library',
    violations: foreignToCore,
    breach: ['src/core/verify.ts', "import { readFileSync } from 'node:fs';"],
    says: 'src/core/verify.ts imports node:fs',
  },
  {
    name: 'the core has no clock, environment or network',
    violations: impureCore,
    breach: ['src/core/verify.ts', 'const started = Date.now();'],
    says: 'src/core/verify.ts uses Date.now',
  },
  {
    name: 'only system/terminal.ts writes to the streams',
    violations: strayWriters,
    breach: ['src/signing/sign.ts', "console.log('signed');"],
    says: 'src/signing/sign.ts uses console.log',
  },
  {
    name: 'only main.ts and settings/load.ts read the environment',
    violations: strayEnvironment,
    breach: ['src/http/http.ts', 'const proxy = process.env;'],
    says: 'src/http/http.ts uses process.env',
  },
  {
    name: 'a git child has no environment of its own (I12)',
    violations: strayGitChildren,
    breach: ['src/git/blob.ts', "const env = { GIT_DIR: '.' };"],
    says: 'src/git/blob.ts names GIT_DIR',
  },
  {
    name: 'git is started in one place (I12)',
    violations: strayGitChildren,
    breach: ['src/commands/show.ts', "const child = spawn(repository.git, ['log'], {});"],
    says: 'src/commands/show.ts starts git by spawn',
  },
  {
    name: 'simple-git is opened in one place (I02)',
    violations: straySimpleGit,
    breach: ['src/git/refs.ts', "const { simpleGit } = await import('simple-git');"],
    says: 'src/git/refs.ts imports simple-git',
  },
  {
    name: 'simple-git is asked by the named commands only, not by the gate (I02)',
    violations: straySimpleGit,
    breach: ['src/gate/judge.ts', "import { askGit } from '../git/simple-git.ts';"],
    says: 'src/gate/judge.ts imports src/git/simple-git.ts',
  },
  {
    name: 'simple-git is not on git’s path (I02)',
    violations: (tree) => HOT.flatMap((entry) => heavyOnHotPath(tree, entry)),
    breach: ['src/git/config.ts', "import { allValues } from './config-edit.ts';"],
    says: 'src/git/simple-git.ts',
  },
  {
    name: 'the library that opens browsers runs in the helper process only (O10)',
    violations: strayOpen,
    breach: ['src/login/browser/opener.ts', "const { default: open } = await import('open');"],
    says: 'src/login/browser/opener.ts imports open',
  },
  {
    name: 'no function takes five values by their places',
    violations: crowded,
    breach: [
      'src/core/bytes.ts',
      'const fill = (a: number, b: number, c: number, d: number, e: number) => a + b + c + d + e;',
    ],
    says: 'src/core/bytes.ts:1 takes five parameters by their places',
  },
  {
    name: 'files and functions fit in the head',
    violations: oversize,
    breach: ['src/index.ts', `function long(): void {${'\n'.repeat(61)}}`],
    says: 'src/index.ts:1 is a function of 62 lines',
  },
];

describe('architecture', () => {
  it.each(laws)('$name', ({ violations }) => {
    expect(violations(sources)).toEqual([]);
  });

  it.each(laws)('$name: a breach is seen', ({ violations, breach, says }) => {
    expect(violations(doctored(...breach))).toContain(says);
  });

  it('the hot path is what git starts', () => {
    const closures = HOT.map((entry) => staticClosure(sources, entry));
    expect(closures.every((paths) => paths.size > 1)).toBe(true);
    expect(closures.filter((paths) => paths.has('src/core/verify.ts'))).toHaveLength(2);
  });
});

describe('the tree', () => {
  const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n');

  it('the lock file names no registry host (I08)', () => {
    const lock = readFileSync(`${root}/package-lock.json`, 'utf8');
    expect(lock).not.toMatch(/"resolved": "http/);
    expect(lock.match(/"integrity"/g)?.length).toBeGreaterThan(50);
  });

  it('no installed package is node-forge or jsrsasign (I10)', () => {
    const lock = readFileSync(`${root}/package-lock.json`, 'utf8');
    expect(lock).not.toMatch(/node_modules\/(node-forge|jsrsasign)"/);
  });

  it('knows no service by its address: the trust root’s mirror names them all', () => {
    const named = [...sources].filter(
      ([path, text]) =>
        !['src/trust/public-good.ts', 'src/trust/embedded.ts'].includes(path) &&
        /\b(?:fulcio|rekor|ctfe|timestamp)\.sigst(?:ore|age)\.dev/.test(text),
    );
    expect(named.map(([path]) => path)).toEqual([]);
  });

  it('the test forge and the sandbox share no writer with the program that they try', () => {
    const makers = new Map([...readSources(root, 'test/support'), ...sources]);
    expect(borrowedWriters(makers)).toEqual([]);
    const line = "import { encode } from '../../../src/core/cms/der-writer.ts';";
    const borrowed = new Map([...makers, ['test/support/forge/cms.ts', line]]);
    expect(borrowedWriters(borrowed)).toEqual([
      'test/support/forge/cms.ts imports src/core/cms/der-writer.ts',
    ]);
  });

  it('no source decrypts a token (I09)', () => {
    const decrypting = [...sources].filter(([, text]) =>
      /\b(?:compact|flattened|general|jwt)Decrypt\b/i.test(text),
    );
    expect(decrypting.map(([path]) => path)).toEqual([]);
  });

  it('a scenario takes nothing of src but types: it knows the program from outside', () => {
    const borrowed = (scenarios: Sources): readonly string[] =>
      importsOf(scenarios)
        .filter(({ to, typeOnly }) => to.startsWith('src/') && !typeOnly)
        .map(({ from, to }) => `${from} imports ${to}`);
    expect(borrowed(readSources(root, 'test/scenario'))).toEqual([]);
    const line = "import { findExecutable } from '../../src/system/process.ts';";
    expect(borrowed(new Map([['test/scenario/names.test.ts', line]]))).toEqual([
      'test/scenario/names.test.ts imports src/system/process.ts',
    ]);
  });

  it('has no test that is skipped or alone', () => {
    const marks = /\b(?:it|test|describe)\.(?:only|todo|skip)\(/;
    const marked = tracked.filter(
      (path) => /^test\/.*\.ts$/.test(path) && marks.test(readFileSync(`${root}/${path}`, 'utf8')),
    );
    expect(marked).toEqual([]);
  });
});
