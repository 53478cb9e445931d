/**
 * Which licences may be inside a built form, which packages are, and what a licence's expression asks for. The build stops
 * on a package that is not in the list, on one whose licence changed, and on an entry whose package is gone: so the list is
 * always what is shipped, and a new dependency is a line that a reviewer sees.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TEXTS = fileURLToPath(new URL('./licences/', import.meta.url));

/** Licences that ask for no more than their text and the authors' names. `file` is the text in `licences/`. */
const PERMISSIVE: Readonly<Record<string, string>> = {
  '0BSD': '',
  'AFL-2.1': '',
  'Apache-2.0': 'Apache-2.0',
  'BSD-2-Clause': 'BSD-2-Clause',
  'BSD-3-Clause': 'BSD-3-Clause',
  'BlueOak-1.0.0': '',
  IJG: 'IJG',
  ISC: 'ISC',
  MIT: 'MIT',
  OpenSSL: 'OpenSSL',
  'Unicode-3.0': 'Unicode-3.0',
  Unlicense: '',
  Zlib: 'Zlib',
};

/**
 * Licences that ask for more (the user may change the library and put it back), each for the components for which it was
 * decided how: see `RELINKING` in notices.ts.
 */
const DECIDED: Readonly<
  Record<string, { readonly file: string; readonly for: readonly string[] }>
> = {
  'LGPL-2.0-or-later': {
    file: 'LGPL-2.0',
    for: ['JavaScriptCore and parts of WebCore (WebKit)'],
  },
  'LGPL-2.1-or-later': { file: 'LGPL-2.1', for: ['TinyCC'] },
  // npm's older spelling of LGPL-3.0-or-later; it stands on the GPL's text, which must come with it
  'LGPL-3.0+': { file: 'GPL-3.0', for: ['openpgp'] },
};

/** The packages that may be inside a built form, by the licence that they name. */
export const LISTED: Readonly<Record<string, readonly string[]>> = {
  '0BSD': ['tslib'],
  'Apache-2.0': ['reflect-metadata'],
  'BSD-3-Clause': ['asn1js', 'bytestreamjs', 'pkijs'],
  'BlueOak-1.0.0': ['minimatch'],
  ISC: ['inherits', 'setprototypeof', 'yaml'],
  'LGPL-3.0+': ['openpgp'],
  MIT: [
    '@gar/promise-retry',
    '@kwsites/file-exists',
    '@kwsites/promise-deferred',
    '@noble/curves',
    '@noble/hashes',
    '@peculiar/asn1-asym-key',
    '@peculiar/asn1-cms',
    '@peculiar/asn1-csr',
    '@peculiar/asn1-ecc',
    '@peculiar/asn1-pfx',
    '@peculiar/asn1-pkcs8',
    '@peculiar/asn1-pkcs9',
    '@peculiar/asn1-rsa',
    '@peculiar/asn1-schema',
    '@peculiar/asn1-x509',
    '@peculiar/asn1-x509-attr',
    '@peculiar/asn1-x509-post-quantum',
    '@peculiar/utils',
    '@peculiar/x509',
    '@simple-git/args-pathspec',
    '@simple-git/argv-parser',
    '@tufjs/canonical-json',
    '@tufjs/models',
    'accepts',
    'balanced-match',
    'brace-expansion',
    'bundle-name',
    'content-disposition',
    'content-type',
    'cookies',
    'debug',
    'deep-equal',
    'default-browser',
    'default-browser-id',
    'define-lazy-prop',
    'delegates',
    'depd',
    'destroy',
    'ee-first',
    'encodeurl',
    'escape-html',
    'fresh',
    'http-assert',
    'http-errors',
    'is-docker',
    'is-in-ssh',
    'is-inside-container',
    'is-wsl',
    'jose',
    'keygrip',
    'koa',
    'koa-compose',
    'media-typer',
    'mime-db',
    'mime-types',
    'ms',
    'negotiator',
    'oauth4webapi',
    'oidc-provider',
    'on-finished',
    'open',
    'openid-client',
    'parseurl',
    'pend',
    'powershell-utils',
    'pvtsutils',
    'run-applescript',
    'simple-git',
    'statuses',
    'toidentifier',
    'tsscmp',
    'tsyringe',
    'tuf-js',
    'type-is',
    'uqr',
    'vary',
    'wsl-utils',
    'yauzl',
  ],
};

/**
 * Returns the licences that apply, for an SPDX expression of the forms that packages use (`A`, `A OR B`, `(A OR B) AND C`,
 * `A WITH exception`): of a choice, the first that is allowed.
 *
 * @throws Error naming the component, where no choice is allowed
 */
export function applicable(component: string, expression: string): readonly string[] {
  const allowed = (licence: string): boolean =>
    Object.hasOwn(PERMISSIVE, licence) || (DECIDED[licence]?.for.includes(component) ?? false);
  return expression.split(' AND ').map((part) => {
    const choices = part
      .replaceAll(/[()]/g, '')
      .split(' OR ')
      // an exception only permits more
      .map((choice) => choice.trim().replace(/ WITH \S+$/, ''));
    const chosen = choices.find(allowed);
    if (chosen === undefined) {
      throw new Error(
        `${component}: the licence ${part} is not allowed (scripts/packaging/licences.ts)`,
      );
    }
    return chosen;
  });
}

/** Returns the text of a licence from `licences/`; undefined where it needs none or comes with the package. */
export function licenceText(licence: string): string | undefined {
  const file = PERMISSIVE[licence] ?? DECIDED[licence]?.file;
  return file === undefined || file === ''
    ? undefined
    : readFileSync(join(TEXTS, `${file}.txt`), 'utf8');
}
