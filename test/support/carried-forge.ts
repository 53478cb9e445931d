/**
 * A forge's merge button over signed branches: real git squashes, rebases and merges in a working tree, and the forge's
 * commits are unsigned, or signed by a key of its own.
 */

import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { type By, policyScene } from './policy-scenario.ts';

/** What is written to a file: text, an executable text, a link, or nothing if it is removed. */
export type Content = string | { readonly run: string } | { readonly link: string } | 'removed';

const FORGE = {
  GIT_COMMITTER_NAME: 'GitHub',
  GIT_COMMITTER_EMAIL: 'noreply@github.com',
  GIT_AUTHOR_NAME: 'Alice',
  GIT_AUTHOR_EMAIL: '1+alice@users.noreply.github.com',
};

export function carriedForge(name: string, sandbox: Sandbox, format: 'sha1' | 'sha256' = 'sha1') {
  const scene = policyScene(name, sandbox, format);
  const { repository, commit } = scene;
  const { must, path, gitWith } = repository;
  must('config', 'core.autocrlf', 'false');
  must('config', 'commit.gpgSign', 'false');

  const put = (file: string, content: Content): void => {
    const full = join(path, file);
    rmSync(full, { force: true });
    if (content === 'removed') return;
    mkdirSync(dirname(full), { recursive: true });
    if (typeof content === 'string') writeFileSync(full, content);
    else if ('link' in content) symlinkSync(content.link, full);
    else {
      writeFileSync(full, content.run);
      chmodSync(full, 0o755);
    }
  };
  const checkout = (at: string): void => {
    must('checkout', '-q', '-f', '--detach', at);
  };
  /** The tree of a commit with these changes. */
  const treeWith = (
    parent: string | undefined,
    files: Readonly<Record<string, Content>>,
  ): string => {
    if (parent === undefined) must('read-tree', '--empty');
    else checkout(parent);
    for (const [file, content] of Object.entries(files)) put(file, content);
    must('add', '-A');
    return must('write-tree');
  };
  const treeOf = (id: string): string => must('rev-parse', `${id}^{tree}`);

  /** A person's commit on top of another. */
  const work = async (
    parent: string | undefined,
    files: Readonly<Record<string, Content>>,
    more: { readonly by?: By; readonly subject?: string; readonly date?: number } = {},
  ): Promise<string> => {
    const tree = treeWith(parent, files);
    return commit({ parents: parent === undefined ? [] : [parent], tree, ...more });
  };

  /** A commit of the forge: its author and message are its own. */
  const forged = async (
    fields: { readonly parents: readonly string[]; readonly tree: string },
    subject: string,
    by: By = 'nobody',
  ): Promise<string> =>
    commit({
      ...{ ...fields, subject, by },
      committer: FORGE.GIT_COMMITTER_EMAIL,
      author: FORGE.GIT_AUTHOR_EMAIL,
    });

  const squash = async (base: string, head: string, subject: string, by?: By): Promise<string> => {
    checkout(base);
    must('merge', '--squash', '-q', head);
    return forged({ parents: [base], tree: must('write-tree') }, subject, by);
  };
  const merge = async (base: string, head: string, subject: string, by?: By): Promise<string> => {
    checkout(base);
    must('merge', '--no-commit', '--no-ff', '-q', head);
    const tree = must('write-tree');
    must('reset', '-q', '--hard');
    return forged({ parents: [base, head], tree }, subject, by);
  };
  /** Commits of the run, oldest first. */
  const rebase = (base: string, head: string): readonly string[] => {
    checkout(head);
    const { exit, err } = gitWith(
      { env: FORGE_COMMITTER },
      'rebase',
      '-q',
      '--onto',
      base,
      must('merge-base', base, head),
    );
    if (exit !== 0) throw new Error(err);
    return must('rev-list', '--reverse', `${base}..HEAD`).split('\n').filter(Boolean);
  };
  /** Puts a head where the forge keeps it. */
  const pull = (number: number, head: string): void => {
    must('update-ref', `refs/pull/${number}/head`, head);
  };
  return { ...scene, work, forged, squash, merge, rebase, pull, treeOf, treeWith };
}

const FORGE_COMMITTER = {
  GIT_COMMITTER_NAME: FORGE.GIT_COMMITTER_NAME,
  GIT_COMMITTER_EMAIL: FORGE.GIT_COMMITTER_EMAIL,
};
