/**
 * THIRD-PARTY-NOTICES.txt: the licences of everything that the executable, the Node bundle and the library contain.
 *
 * Every build makes it from what the bundler put in. It is not committed, because a committed file would soon describe an
 * older build. The tree holds what a reviewer must see instead: the packages and their licences (licences.ts), and what
 * Bun and openpgp contain (components.ts). The build fails if they differ from what it made.
 */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Part } from './bundled.ts';
import { type Component, IN_BUN, IN_OPENPGP, MISSING_COPYRIGHT, READ_FOR } from './components.ts';
import { keyringParts } from './keyring-licences.ts';
import { applicable, LISTED, licenceText } from './licences.ts';

/**
 * How a user may change an LGPL library and put it back: the decision, for the reader of the notices.
 *
 * openpgp reads the OpenPGP signatures that a policy pins. To read them by our own code would be a second implementation of
 * a format in which mistakes say "good"; to ask gpg would make a verdict depend on what a machine has. So it stays, under
 * its terms: it is never changed by us, it is a file of its own in the Node form, its version is named, and everything that
 * is needed to build the executable with another one is in the source archive. What we gave up for it: minifying it
 * together with our code, and an executable that could be distributed without its sources beside it.
 */
const RELINKING = `Libraries under the GNU Lesser General Public License
-----------------------------------------------------

git-signet uses openpgp OPENPGP (LGPL 3.0 or later), unchanged, and the executable is built on
Bun BUN, which contains JavaScriptCore (LGPL 2.0 or later) and TinyCC (LGPL 2.1 or later).
You may change these libraries and use git-signet with the changed ones. You may also
reverse-engineer git-signet to debug such changes.

openpgp: the Node form loads it from a file of its own, dist/node/chunks/openpgp.cjs, which you
may replace. For the executable, take the source archive that is published beside it
(git-signet-VERSION-src.tar.gz), run \`npm ci\`, put your openpgp into node_modules/openpgp, and
run \`scripts/build\`. The sources of openpgp are at https://github.com/openpgpjs/openpgpjs
(tag vOPENPGP).

JavaScriptCore and TinyCC: Bun says in its LICENSE.md how to build it with another
JavaScriptCore, from https://github.com/oven-sh/bun (tag bun-vBUN) and
https://github.com/oven-sh/WebKit. Put your Bun in place of the one below node_modules/@oven,
and run \`scripts/build\`.`;

interface Entry {
  readonly name: string;
  readonly licence: string;
  readonly texts: readonly string[];
}

/** @throws Error where the packages in the bundles are not those that the list names, with its licences */
export function checkListed(
  parts: readonly Part[],
  listed: Readonly<Record<string, readonly string[]>> = LISTED,
): void {
  const expected = new Map(
    Object.entries(listed).flatMap(([licence, names]) => names.map((name) => [name, licence])),
  );
  const wrong = parts.flatMap(({ name, version, licence }) => {
    const listing = expected.get(name);
    if (listing === undefined) return [`${name} ${version} (${licence}) is in a bundle`];
    return listing === licence ? [] : [`${name} ${version} is ${licence} now, not ${listing}`];
  });
  const present = new Set(parts.map(({ name }) => name));
  const gone = [...expected.keys()].filter((name) => !present.has(name));
  const faults = [...wrong, ...gone.map((name) => `${name} is in no bundle any more`)];
  if (faults.length === 0) return;
  throw new Error(
    `third-party code changed; read its terms, then edit LISTED in scripts/packaging/licences.ts:\n  ${faults.join('\n  ')}`,
  );
}

/** @throws Error if Bun or openpgp is not the version whose contents were reviewed */
export function checkRead(versions: { readonly bun: string; readonly openpgp: string }): void {
  for (const name of ['bun', 'openpgp'] as const) {
    if (versions[name] === READ_FOR[name]) continue;
    throw new Error(
      `${name} is ${versions[name]}: what it contains was read for ${READ_FOR[name]} (scripts/packaging/components.ts)`,
    );
  }
}

/** The package's own texts, or the licence's with the authors' names where it comes without. */
function entryOf({ name, version, licence, texts }: Part): Entry {
  const licences = applicable(name, licence);
  const missing = texts.length === 0 ? MISSING_COPYRIGHT[name] : [];
  if (missing === undefined) {
    throw new Error(
      `${name} ${version} comes without a licence text (scripts/packaging/components.ts)`,
    );
  }
  // the LGPL 3 is a supplement to the GPL 3, whose text must come with it
  const added = licences.filter((each) => texts.length === 0 || each.startsWith('LGPL'));
  const common = added.flatMap((each) => licenceText(each) ?? []);
  const own = missing.length === 0 ? texts : [missing.join('\n')];
  return { name: `${name} ${version}`, licence, texts: [...own, ...common] };
}

function componentEntry({ name, licence, copyright, source }: Component): Entry {
  const texts = applicable(name, licence).flatMap((each) => licenceText(each) ?? []);
  return { name, licence, texts: [[...copyright, source].join('\n'), ...texts] };
}

const heading = (text: string): string => `${text}\n${'-'.repeat(text.length)}`;

/** A table of names and licences, as wide as they need, under a heading. */
function table(title: string, entries: readonly Entry[]): string {
  const width = Math.min(60, Math.max(0, ...entries.map(({ name }) => name.length)));
  const lines = new Set(entries.map(({ name, licence }) => `${name.padEnd(width)}  ${licence}`));
  return `${heading(title)}\n\n${[...lines].join('\n')}`;
}

/** Every text once, with the names of all that it belongs to. Texts that differ only in white space are one. */
function textsOf(entries: readonly Entry[]): string {
  const users = new Map<string, { readonly text: string; readonly names: Set<string> }>();
  for (const { name, texts } of entries) {
    for (const text of texts) {
      const key = text.replaceAll(/\s+/g, ' ').trim();
      const same = users.get(key) ?? { text: text.trimEnd(), names: new Set() };
      users.set(key, same);
      same.names.add(name);
    }
  }
  const rule = '='.repeat(78);
  return [...users.values()]
    .map(({ text, names }) => `${rule}\n${[...names].join(', ')}\n${rule}\n\n${text}`)
    .join('\n\n');
}

/**
 * Returns the notices. `parts` are the packages in the bundles, `keyrings` the texts of LICENSE.third-party.md of each
 * keyring package that an executable carries, by the package's name.
 *
 * @throws Error where a licence is not allowed, or a text is missing
 */
export function noticesText(parts: readonly Part[], keyrings: ReadonlyMap<string, string>): string {
  const packages = parts.map(entryOf);
  const crates = new Map(
    [...keyrings]
      .flatMap(([name, markdown]) => keyringParts(name, markdown))
      .map((part) => [`${part.name} ${part.version}`, entryOf(part)]),
  );
  const [bun, openpgp] = [IN_BUN, IN_OPENPGP].map((list) => list.map(componentEntry));
  const keyring = [...crates.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const all = [packages, openpgp ?? [], bun ?? [], keyring];
  const relinking = RELINKING.replaceAll('OPENPGP', READ_FOR.openpgp).replaceAll(
    'BUN',
    READ_FOR.bun,
  );
  const sections = [
    `Third-party notices of git-signet\n\ngit-signet itself is under the Apache License 2.0 (the file LICENSE). It contains the\nwork of others under the terms below. Where a package offers a choice of\nlicences, the first of them that scripts/packaging/licences.ts allows applies.`,
    relinking,
    table('In the executable, the Node form and the library', packages),
    table(`Inside openpgp ${READ_FOR.openpgp}`, openpgp ?? []),
    table(`In the executable only: Bun ${READ_FOR.bun} and what it contains`, bun ?? []),
    ...(keyring.length === 0
      ? []
      : [table('In the executable only: the library for the keyring', keyring)]),
    heading('The texts'),
    textsOf(all.flat()),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** Where the build puts the notices; the executable carries this file. */
export const NOTICES = 'dist/THIRD-PARTY-NOTICES.txt';
const TERMS = 'LICENSE.third-party.md';

/** The installed keyring packages that have a native library: npm installs those of this machine. */
export function keyringFolders(scope = 'node_modules/@napi-rs'): readonly string[] {
  if (!existsSync(scope)) return [];
  return readdirSync(scope)
    .filter((name) => name.startsWith('keyring-'))
    .map((name) => join(scope, name));
}

/**
 * Checks what is in the bundles against what was reviewed, and writes the notices for executables that carry these keyring
 * packages.
 *
 * @throws Error that says what changed
 */
export function writeNotices(
  parts: readonly Part[],
  keyrings: readonly string[],
  file = NOTICES,
): void {
  checkListed(parts);
  const { optionalDependencies: runtimes } = JSON.parse(
    readFileSync('runtimes/package.json', 'utf8'),
  ) as { optionalDependencies: Readonly<Record<string, string>> };
  const openpgp = parts.find(({ name }) => name === 'openpgp')?.version ?? 'absent';
  checkRead({ bun: runtimes['@oven/bun-linux-x64'] ?? 'absent', openpgp });
  const terms = keyrings.map(
    (folder) => [basename(folder), readFileSync(join(folder, TERMS), 'utf8')] as const,
  );
  writeFileSync(file, noticesText(parts, new Map(terms)));
}
