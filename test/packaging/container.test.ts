import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  containerfile,
  foreignInstructions,
  readContainerfile,
} from '../../scripts/packaging/container.ts';

const template = readFileSync('packaging/Containerfile.in', 'utf8');
const release = {
  version: '1.2.3',
  repository: 'https://forge.example/acme/git-signet',
  commit: 'a'.repeat(40),
};
const text = containerfile(template, release);
const foreign = (lines: string) =>
  foreignInstructions(readContainerfile(lines)).map(({ name }) => name);

describe('containerfile', () => {
  it('an image is made of the release’s two archives for glibc and of nothing else', () => {
    const added = readContainerfile(text).filter(({ name }) => name === 'ADD');
    expect(added.map(({ args }) => args)).toEqual([
      ['git-signet-1.2.3-linux-x64.tar.gz', '/'],
      ['git-signet-1.2.3-linux-arm64.tar.gz', '/'],
    ]);
    expect(foreign(text)).toEqual([]);
  });

  it.each([
    ['a base image', 'FROM debian:stable\n'],
    ['a base of a stage that stands below', 'FROM later\nFROM scratch AS later\n'],
    ['an address', 'FROM scratch\nADD https://forge.example/git-signet /\n'],
    ['a repository', 'FROM scratch\nADD git@forge.example:acme/git-signet.git /\n'],
    ['another image', 'FROM scratch\nCOPY --from=debian:stable /bin/sh /bin/sh\n'],
    ['a command', 'FROM scratch\nRUN ["/git-signet", "version"]\n'],
    ['a command on a continued line', 'FROM scratch\nLABEL a=b\n# RUN\nRUN \\\n  true\n'],
  ])('a Containerfile that takes %s is refused', (_, lines) => {
    expect(foreign(lines)).toHaveLength(1);
  });
});
