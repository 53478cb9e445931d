import { describe, expect, it } from 'vitest';
import { foldersNamed } from '../../scripts/packaging/executables.ts';
import { forwardingDll } from '../../scripts/packaging/forwarding-dll.ts';

describe('an executable', () => {
  it('is refused where it contains the path of a folder that it was built in', () => {
    const file = Buffer.from('\0\0/tmp/git-signet-release-x1/source/dist/chunk.js\0');
    expect(foldersNamed(file, ['/tmp/git-signet-release-x1', '/home/somebody'])).toEqual([
      '/tmp/git-signet-release-x1',
    ]);
  });

  it('may contain the home of root, which is a word of its own paths too', () => {
    expect(foldersNamed(Buffer.from('/$bunfs/root/git-signet.js'), ['/root', ''])).toEqual([]);
  });
});

describe('a library that hands its function on', () => {
  const dll = forwardingDll({ name: 'one.dll', from: 'Asked', to: 'other.Answers' });
  /** Its one section stands at 0x1000 in memory and at 0x200 in the file. */
  const inFile = (address: number): number => address - 0x1000 + 0x200;
  const textAt = (address: number): string =>
    dll.toString('latin1', inFile(address), dll.indexOf(0, inFile(address)));

  it('exports the one name, and says where it is answered', () => {
    const optional = dll.readUInt32LE(0x3c) + 24;
    const [exports, size] = [dll.readUInt32LE(optional + 112), dll.readUInt32LE(optional + 116)];
    const field = (offset: number): number => dll.readUInt32LE(inFile(exports) + offset);
    expect(textAt(field(12))).toBe('one.dll');
    expect([field(20), field(24)]).toEqual([1, 1]);
    expect(textAt(dll.readUInt32LE(inFile(field(32))))).toBe('Asked');
    const answer = dll.readUInt32LE(inFile(field(28)));
    expect(textAt(answer)).toBe('other.Answers');
    // inside the directory: a name to forward to, and no address of code
    expect(answer > exports && answer < exports + size).toBe(true);
  });
});
