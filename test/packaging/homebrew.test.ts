import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formula } from '../../scripts/packaging/homebrew.ts';

const template = readFileSync('packaging/git-signet.rb.in', 'utf8');
const release = { version: '1.2.3', repository: 'https://forge.example/acme/git-signet' };
const sumOf = (file: string): string =>
  Buffer.from(file).toString('hex').padEnd(64, '0').slice(-64);

/** Each download of a formula: what it is for, its address and its sum. */
function downloads(text: string) {
  const found = text.matchAll(
    /on_(macos|linux) do|on_(arm|intel) do\n\s+url "(.+)"\n\s+sha256 "(.+)"/g,
  );
  let os = '';
  return [...found].flatMap(([, system, cpu, url, sum]) => {
    if (system !== undefined) os = system;
    return cpu === undefined ? [] : [{ for: `${os} ${cpu}`, url, sum }];
  });
}

describe('formula', () => {
  it('each system and processor gets its own archive, with that archive’s sum', () => {
    const address = (name: string): string =>
      `https://forge.example/acme/git-signet/releases/download/v1.2.3/git-signet-1.2.3-${name}.tar.gz`;
    const expected = {
      'macos arm': 'darwin-arm64',
      'macos intel': 'darwin-x64',
      'linux arm': 'linux-arm64',
      'linux intel': 'linux-x64',
    };
    expect(downloads(formula(template, release, sumOf))).toEqual(
      Object.entries(expected).map(([key, name]) => ({
        for: key,
        url: address(name),
        sum: sumOf(`git-signet-1.2.3-${name}.tar.gz`),
      })),
    );
  });

  it('a platform that the template does not ask for stops the release', () => {
    const without = template.replace(/ {4}on_arm do[\s\S]*? {4}end\n/, '');
    expect(() => formula(without, release, sumOf)).toThrow(
      'the template does not ask for @DARWIN_ARM64_URL@, @DARWIN_ARM64_SHA256@',
    );
  });

  it('a name of the template without a value stops the release', () => {
    expect(() => formula(`${template}@SIZE@`, release, sumOf)).toThrow(
      'the template asks for @SIZE@, which has no value',
    );
  });
});
