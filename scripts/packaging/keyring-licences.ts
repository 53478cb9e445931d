/**
 * The keyring's native library is Rust: each of its packages for a platform comes with LICENSE.third-party.md, a table of
 * crates and the texts of their licences. The tables differ by platform, and most texts do not.
 */

import type { Part } from './bundled.ts';

const CRATE = /^\| ([\w-]+) \| (\d[\w.+-]*) \| ([^|]+) \|$/gm;
const TEXT = /^Used by: (.+)\n\n(`{3,})text\n([\s\S]*?)\n\2$/gm;
const VENDORED = /^## (lib\S+) (\S+) \(vendored C library\)\n\n([\s\S]*)/m;

/**
 * Returns the crates, each with its texts, and the C library that they may bring.
 *
 * @throws Error where the file has no table, or a crate has no text: another version writes it another way
 */
export function keyringParts(file: string, markdown: string): readonly Part[] {
  const vendored = VENDORED.exec(markdown);
  const crates = markdown.slice(0, vendored?.index);
  const texts = new Map<string, string[]>();
  for (const [, users = '', , text = ''] of crates.matchAll(TEXT)) {
    for (const [, user = ''] of users.matchAll(/`([^`]+)`/g)) {
      texts.set(user, [...(texts.get(user) ?? []), text]);
    }
  }
  const parts = [...crates.matchAll(CRATE)].map(([, name = '', version = '', licence = '']) => {
    const own = texts.get(`${name} ${version}`);
    if (own === undefined) throw new Error(`${file}: no licence text for ${name} ${version}`);
    return { name: `${name} (crate)`, version, licence: licence.trim(), texts: own };
  });
  if (parts.length === 0) throw new Error(`${file}: no table of crates`);
  if (vendored === null) return parts;
  const [, name = '', version = '', text = ''] = vendored;
  const licence = /licensed under\s+`([^`]+)`/.exec(text)?.[1] ?? 'none';
  return [...parts, { name, version, licence, texts: [text.trim()] }];
}
