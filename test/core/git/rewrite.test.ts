import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signedCommit, unsignedCommit } from '../../../src/core/git/rewrite.ts';
import { splitSignedObject } from '../../../src/core/git/signed-object.ts';

const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.repeat(40)) as [string, string, string];
const NONE = new Map<string, string>();
const armor = '-----BEGIN SIGNED MESSAGE-----\nAAAA\n\nBBBB\n-----END SIGNED MESSAGE-----\n';
const HEADERS = `tree ${a}\nparent ${b}\nparent ${c}\nauthor A <a@x> 1 +0100\ncommitter A <a@x> 2 -0200\n`;
/** The same in a repository of SHA-256. */
const LONG_HEADERS = HEADERS.replace(/(.)\1{39}/g, (_, letter: string) => letter.repeat(64));
const mergetag = `mergetag object ${b}\n type commit\n tag v1\n \n parent ${b}\n -----BEGIN PGP SIGNATURE-----\n`;

describe('a commit made again', () => {
  it('a rewritten commit keeps every byte except parents and signatures', () => {
    const body = `\nparent ${b}\ngpgsig no header\n\xff\xfe`;
    const raw = Buffer.from(
      `${HEADERS}gpgsig ${armor.replaceAll('\n', '\n ').trimEnd()}\n${mergetag}encoding latin1\ngpgsig-sha256 x\n y\n${body}`,
      'latin1',
    );
    const again = Buffer.from(unsignedCommit(raw, new Map([[b, a]]))).toString('latin1');
    expect(again).toBe(
      `${HEADERS.replace(`parent ${b}`, `parent ${a}`)}${mergetag}encoding latin1\n${body}`,
    );
  });

  it.each(['sha1', 'sha256'] as const)(
    'git reads the rewritten payload as it was signed: %s',
    (format) => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (message, blank) => {
          const payload = Buffer.concat([
            Buffer.from(format === 'sha1' ? HEADERS : LONG_HEADERS),
            Buffer.from(blank ? '\n' : ''),
            blank ? message : Buffer.alloc(0),
          ]);
          const made = signedCommit(payload, armor, format);
          const split = splitSignedObject('commit', made, format);
          expect(Buffer.from(split?.payload ?? [])).toEqual(payload);
          expect(Buffer.from(split?.signature ?? []).toString()).toBe(armor);
          expect(Buffer.from(unsignedCommit(made, NONE))).toEqual(payload);
        }),
      );
    },
  );
});
