/**
 * A scratch repository whose signature program writes down what git feeds it: the signature file and the payload.
 * Many objects go through one git process, so that asking git costs milliseconds an object.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectFormat, ObjectType } from '../../src/core/git/signed-object.ts';

export interface Recorded {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

export interface RecordingGit {
  /** Stores objects as they are, malformed or not; their names in the same order. */
  readonly store: (type: ObjectType, raws: readonly Uint8Array[]) => readonly string[];
  /** What git gave its program for each object; undefined for those that it calls unsigned. */
  readonly record: (type: ObjectType, ids: readonly string[]) => readonly (Recorded | undefined)[];
  readonly remove: () => void;
}

function program(records: string): string {
  return [
    '#!/bin/sh',
    // gpg is given one option more than gpgsm
    'while [ $# -gt 2 ]; do shift; done',
    `name="$$-\${1##*/}"`,
    `cat "$1" >'${records}'/"$name.sig"`,
    `cat >'${records}'/"$name.payload"`,
    'echo "record=$name" >&2',
    `printf '[GNUPG:] NEWSIG\\n[GNUPG:] GOODSIG 0 x\\n[GNUPG:] TRUST_FULLY\\n'`,
    '',
  ].join('\n');
}

export function recordingGit(format: ObjectFormat): RecordingGit {
  const dir = mkdtempSync(join(tmpdir(), 'signet-recording-'));
  const records = join(dir, 'records');
  mkdirSync(records);
  const recorder = join(dir, 'recorder');
  writeFileSync(recorder, program(records), { mode: 0o755 });
  const config = join(dir, 'config');
  writeFileSync(config, `[gpg]\n\tprogram = ${recorder}\n[gpg "x509"]\n\tprogram = ${recorder}\n`);
  const repository = join(dir, 'repository');
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: dir,
    XDG_CONFIG_HOME: dir,
    GIT_CONFIG_GLOBAL: config,
    GIT_CONFIG_NOSYSTEM: '1',
    LC_ALL: 'C',
    TMPDIR: dir,
  };
  const git = (args: readonly string[], input = ''): { stdout: string; stderr: string } => {
    const options = { cwd: repository, env, input, maxBuffer: 1 << 28 };
    const { stdout, stderr, signal } = spawnSync('git', args, options);
    if (signal !== null) throw new Error(`git ${args[0]} ended by ${signal}: ${stderr}`);
    return { stdout: stdout.toString('latin1'), stderr: stderr.toString('latin1') };
  };
  execFileSync('git', ['init', '--quiet', `--object-format=${format}`, repository], { env });

  const read = (name: string): Recorded => ({
    payload: readFileSync(join(records, `${name}.payload`)),
    signature: readFileSync(join(records, `${name}.sig`)),
  });

  let stored = 0;
  const store: RecordingGit['store'] = (type, raws) => {
    const paths = raws.map((raw) => {
      const path = join(dir, `object-${stored++}`);
      writeFileSync(path, raw);
      return path;
    });
    const args = ['hash-object', '-t', type, '-w', '--literally', '--no-filters', '--stdin-paths'];
    const { stdout, stderr } = git(args, `${paths.join('\n')}\n`);
    const ids = stdout.trim().split('\n');
    if (ids.length !== raws.length) throw new Error(`git stored ${ids.length}: ${stderr}`);
    return ids;
  };

  const recordCommits = (ids: readonly string[]): readonly (Recorded | undefined)[] => {
    const format = '--format=%x01%H %G? %GG';
    const { stdout, stderr } = git(
      ['log', '--no-walk=unsorted', format, '--stdin'],
      `${ids.join('\n')}\n`,
    );
    const shown = new Map<string, Recorded | undefined>();
    for (const part of stdout.split('\x01').slice(1)) {
      const match = /^(\w+) (\w)(?: record=(\S+))?\s*$/.exec(part);
      if (match?.[1] === undefined) throw new Error(`git log said ${part}`);
      shown.set(match[1], match[3] === undefined ? undefined : read(match[3]));
    }
    return ids.map((id) => {
      if (!shown.has(id)) throw new Error(`git log did not come to ${id}: ${stderr}`);
      return shown.get(id);
    });
  };

  const recordTags = (ids: readonly string[]): readonly (Recorded | undefined)[] => {
    const { stderr } = git(['verify-tag', ...ids]);
    const lines = stderr.split('\n').filter((line) => line !== '');
    if (lines.length !== ids.length) throw new Error(`git verify-tag said ${stderr}`);
    return lines.map((line) => {
      if (line === 'error: no signature found') return undefined;
      const match = /^record=(\S+)$/.exec(line);
      if (match?.[1] === undefined) throw new Error(`git verify-tag said ${line}`);
      return read(match[1]);
    });
  };

  return {
    store,
    record: (type, ids) => (type === 'commit' ? recordCommits(ids) : recordTags(ids)),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
