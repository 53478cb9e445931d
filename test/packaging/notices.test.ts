/** The licences of what is passed on: every package inside was reviewed, and no text is missing. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  legalComments,
  type Part,
  packageFolder,
  readPart,
} from '../../scripts/packaging/bundled.ts';
import { READ_FOR } from '../../scripts/packaging/components.ts';
import { keyringParts } from '../../scripts/packaging/keyring-licences.ts';
import { applicable, licenceText } from '../../scripts/packaging/licences.ts';
import { checkListed, checkRead, noticesText } from '../../scripts/packaging/notices.ts';
import { scratchDirectory } from '../support/sandbox.ts';

const part = (name: string, licence = 'MIT', texts: readonly string[] = ['terms']): Part => ({
  ...{ name, version: '1.0.0', licence, texts },
});

describe('the list of packages', () => {
  const LISTED = { MIT: ['koa'], ISC: ['yaml'] };

  it('lets the build go on where the bundles hold what it names', () => {
    expect(() => checkListed([part('koa'), part('yaml', 'ISC')], LISTED)).not.toThrow();
  });

  it.each<[string, readonly Part[], string]>([
    [
      'a package that it does not name',
      [part('koa'), part('yaml', 'ISC'), part('left-pad')],
      'left-pad 1.0.0 (MIT) is in a bundle',
    ],
    [
      'a package whose licence changed',
      [part('koa', 'GPL-3.0'), part('yaml', 'ISC')],
      'koa 1.0.0 is GPL-3.0 now, not MIT',
    ],
    ['a package that is in no bundle any more', [part('koa')], 'yaml is in no bundle any more'],
  ])('stops the build on %s', (_what, parts, says) => {
    expect(() => checkListed(parts, LISTED)).toThrow(says);
  });

  it('the build stops on a version of Bun or openpgp whose contents were not reviewed', () => {
    expect(() => checkRead(READ_FOR)).not.toThrow();
    expect(() => checkRead({ ...READ_FOR, bun: '9.0.0' })).toThrow(
      `bun is 9.0.0: what it contains was read for ${READ_FOR.bun}`,
    );
    expect(() => checkRead({ ...READ_FOR, openpgp: 'absent' })).toThrow('openpgp is absent');
  });
});

describe('a licence', () => {
  it.each([
    ['MIT', ['MIT']],
    ['GPL-2.0 OR MIT', ['MIT']],
    ['(MIT OR Apache-2.0) AND Unicode-3.0', ['MIT', 'Unicode-3.0']],
    ['Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT', ['Apache-2.0']],
  ])('of the form %s applies as %j', (expression, licences) => {
    expect(applicable('x', expression)).toEqual(licences);
  });

  it.each(['GPL-3.0', 'GPL-2.0 OR AGPL-3.0', 'MIT AND SSPL-1.0', 'SEE LICENSE IN x', 'none', ''])(
    'that is not on the list is refused: %j',
    (expression) => {
      expect(() => applicable('x', expression)).toThrow('x: the licence ');
    },
  );

  it('of the LGPL is allowed for the packages for which relinking was decided, and no other', () => {
    expect(applicable('openpgp', 'LGPL-3.0+')).toEqual(['LGPL-3.0+']);
    expect(() => applicable('other', 'LGPL-3.0+')).toThrow('other: the licence LGPL-3.0+');
  });

  it('has the text that it asks to pass on', () => {
    expect(licenceText('MIT')).toContain('The above copyright notice and this permission notice');
    expect(licenceText('LGPL-3.0+')).toContain('GNU GENERAL PUBLIC LICENSE\n');
    expect(licenceText('unheard-of')).toBeUndefined();
  });
});

describe('a package in a bundle', () => {
  it('is the innermost one that a file lies in', () => {
    expect(packageFolder('/x/node_modules/@a/b/node_modules/c/lib/d.js')).toBe(
      '/x/node_modules/@a/b/node_modules/c',
    );
    expect(packageFolder('/x/node_modules/@a/b/d.js')).toBe('/x/node_modules/@a/b');
    expect(packageFolder('/x/src/main.ts')).toBeUndefined();
  });

  it('gives its licence files, and what its code says of authors', () => {
    const folder = scratchDirectory('part');
    const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
    mkdirSync(join(folder, 'lib'));
    write('package.json', '{ "name": "a", "version": "1.2.3", "license": "MIT" }');
    write('LICENSE.md', 'the terms\n');
    write('readme.md', 'Copyright (c) nobody reads');
    write('lib/a.js', '/*! b, Copyright (c) 2011 B */\n/* a loop */\n// no author\nfor (;;);\n');
    expect(readPart(folder, [join(folder, 'lib/a.js')])).toEqual({
      ...{ name: 'a', version: '1.2.3', licence: 'MIT' },
      texts: ['the terms', 'b, Copyright (c) 2011 B'],
    });
  });

  it('keeps a notice of several lines, each once', () => {
    const notice = '// Copyright 2010 X\n// Licensed under Y\n';
    expect(legalComments(`${notice}f();\n${notice}`)).toEqual([
      'Copyright 2010 X\nLicensed under Y',
    ]);
  });
});

const CRATES = `# Third-party licenses

| Crate | Version | License |
| --- | --- | --- |
| aes | 0.8.4 | MIT OR Apache-2.0 |

### MIT License (\`MIT\`)

Used by: \`aes 0.8.4\`

\`\`\`text
aes terms
\`\`\`
`;
const VENDORED = `${CRATES}
## libdbus 1.14.4 (vendored C library)

Those sources are licensed under
\`AFL-2.1 OR GPL-2.0-or-later\`, not under the crate license.
`;

describe("the keyring library's crates", () => {
  it('come with their texts, and the C library with its own', () => {
    expect(keyringParts('k', VENDORED)).toEqual([
      {
        ...{ name: 'aes (crate)', version: '0.8.4', licence: 'MIT OR Apache-2.0' },
        texts: ['aes terms'],
      },
      {
        ...{ name: 'libdbus', version: '1.14.4', licence: 'AFL-2.1 OR GPL-2.0-or-later' },
        texts: [expect.stringContaining('Those sources')],
      },
    ]);
  });

  it.each([
    ['has no table', 'text', 'k: no table of crates'],
    ['lacks a text', CRATES.replace('0.8.4`', '0.9.0`'), 'k: no licence text for aes 0.8.4'],
  ])('are refused where the file %s', (_what, markdown, says) => {
    expect(() => keyringParts('k', markdown)).toThrow(says);
  });
});

describe('the notices', () => {
  it('name every package, and give every text once', () => {
    const text = noticesText([part('a'), part('b', 'ISC', ['other  terms', 'terms'])], new Map());
    expect(text).toMatch(/^a 1\.0\.0 +MIT$/m);
    expect(text).toMatch(/^b 1\.0\.0 +ISC$/m);
    expect(text).toContain('\na 1.0.0, b 1.0.0\n');
    expect(text.match(/^terms$/gm)).toHaveLength(1);
  });

  it('name the crates of the keyring library of every platform', () => {
    const windows = CRATES.replaceAll('aes', 'windows-core');
    const text = noticesText([], new Map(Object.entries({ linux: VENDORED, windows })));
    for (const name of ['aes (crate) 0.8.4', 'windows-core (crate) 0.8.4', 'libdbus 1.14.4']) {
      expect(text).toContain(`\n${name} `);
    }
  });

  it('tell how to change the libraries under the LGPL, and come with its texts', () => {
    const text = noticesText([part('openpgp', 'LGPL-3.0+', ['lesser terms'])], new Map());
    expect(text).toContain(`openpgp ${READ_FOR.openpgp} (LGPL 3.0 or later), unchanged`);
    expect(text).toContain('dist/node/chunks/openpgp.cjs');
    expect(text).toContain('GNU GENERAL PUBLIC LICENSE');
    expect(text).toContain('GNU LIBRARY GENERAL PUBLIC LICENSE');
  });

  it.each([
    [part('a', 'GPL-3.0'), 'a: the licence GPL-3.0 is not allowed'],
    [part('a', 'MIT', []), 'a 1.0.0 comes without a licence text'],
  ])('are not made of %j', (each, says) => {
    expect(() => noticesText([each], new Map())).toThrow(says);
  });

  it('take the authors of a package without a licence file from the table', () => {
    const text = noticesText([part('koa-compose', 'MIT', [])], new Map());
    expect(text).toContain('Copyright (c) 2019 Koa contributors');
    expect(text).toContain('Permission is hereby granted');
  });
});
