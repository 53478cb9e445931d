/**
 * What the bundler really put into a built form: packages by the files whose code is in the output, with what those files
 * and their folders say of licences. A package that is installed but not in the output is not passed on, and not named.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'rolldown';

/** A package, or part of one, that is inside a built form. */
export interface Part {
  readonly name: string;
  readonly version: string;
  /** As the package names it: an SPDX expression. */
  readonly licence: string;
  /** Licence files, and comments of its code that speak of authors or terms. */
  readonly texts: readonly string[];
}

const LICENCE_FILE = /^(?:licen[cs]e|notice|copying|third-party)/i;
/** Comments that must be kept: those that name an author, a year or terms. */
const LEGAL = /copyright\b|\blicen[cs]ed? under|\bMIT licen[cs]e|SPDX-License-Identifier/i;

/** The folder of the package that a file belongs to: the innermost below a `node_modules`. */
export function packageFolder(file: string): string | undefined {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];
}

/** Returns the comments of JavaScript source that the authors' terms ask to pass on, without comment marks, each once. */
export function legalComments(code: string): readonly string[] {
  const comments = code.match(/\/\*[\s\S]*?\*\/|(?:^[ \t]*\/\/.*(?:\n|$))+/gm) ?? [];
  const texts = comments
    .filter((comment) => LEGAL.test(comment))
    .map((comment) =>
      comment
        .replace(/^\/\*+!?|\*+\/$/g, '')
        .replaceAll(/^[ \t]*(?:\*|\/\/)[ \t]?/gm, '')
        .replaceAll(/[ \t]+$/gm, '')
        .trim(),
    );
  return [...new Set(texts)];
}

/** Reads what a package says of its terms; `files` are those of its files that are in the output. */
export function readPart(folder: string, files: readonly string[]): Part {
  const { name, version, license, licenses } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as { name: string; version: string; license?: string; licenses?: readonly { type: string }[] };
  const own = readdirSync(folder)
    .filter((file) => LICENCE_FILE.test(file))
    .toSorted()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  const comments = files.toSorted().flatMap((file) => legalComments(readFileSync(file, 'utf8')));
  const texts = [...new Set([...own, ...comments])];
  return { name, version, licence: license ?? licenses?.[0]?.type ?? 'none', texts };
}

/** Remembers, over several bundles, which files have code in their output. */
export function recordBundles(): {
  readonly plugin: Plugin;
  readonly parts: () => readonly Part[];
} {
  const files = new Map<string, Set<string>>();
  const plugin: Plugin = {
    name: 'record-packages',
    generateBundle: (_options, bundle) => {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        for (const [id, { renderedLength }] of Object.entries(chunk.modules)) {
          const folder = packageFolder(id);
          if (folder === undefined || renderedLength === 0) continue;
          files.set(folder, (files.get(folder) ?? new Set()).add(id));
        }
      }
    },
  };
  const parts = (): readonly Part[] =>
    [...files]
      .map(([folder, names]) => readPart(folder, [...names]))
      .toSorted((a, b) => compare(a.name, b.name) || compare(a.version, b.version));
  return { plugin, parts };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
