/**
 * Writes the trust that is built in: src/trust/public-good.ts (the trusted root) and src/trust/embedded.ts (what update
 * and signing start from), from the seeds of @sigstore/tuf at its pinned version and from scripts/embedded. Run after
 * either changes; a test compares.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface Mirror {
  readonly 'root.json': string;
  readonly targets: Readonly<Record<string, string>>;
}

function seeds(): Mirror {
  const path = new URL('../node_modules/@sigstore/tuf/seeds.json', import.meta.url);
  const all = JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, Mirror>>;
  const mirror = all['https://tuf-repo-cdn.sigstore.dev'];
  if (mirror === undefined) throw new Error('the seeds do not know the public-good instance');
  return mirror;
}

const decoded = (base64 = ''): string => Buffer.from(base64, 'base64').toString('utf8');
const kept = (name: string): string =>
  readFileSync(new URL(`embedded/${name}`, import.meta.url), 'utf8');

/** A string literal on one line, in single quotes as the style has them. */
function literal(text: string): string {
  const quoted = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${quoted}'`;
}

function constant(name: string, says: string, text: string): string {
  return `/** ${says} */
export const ${name} =
  // biome-ignore format: one line, byte for byte what was signed
  ${literal(text)};
`;
}

const HEAD = 'scripts/embed-trust.ts writes this file. Do not edit it.';

/** Each module's path and text. */
export function embeddedModules(): Readonly<Record<string, string>> {
  const { targets, 'root.json': root } = seeds();
  return {
    'src/trust/public-good.ts': constant(
      'PUBLIC_GOOD_TRUSTED_ROOT',
      `The public-good instance's trusted_root.json, as its mirror serves it. ${HEAD}`,
      decoded(targets['trusted_root.json']),
    ),
    'src/trust/embedded.ts': [
      `/** The built-in start of trust updates and signing. ${HEAD} */\n`,
      constant('PUBLIC_GOOD_ROOT', "The public-good mirror's root metadata.", decoded(root)),
      constant('STAGING_ROOT', "The staging mirror's.", kept('staging.root.json')),
      constant(
        'PUBLIC_GOOD_SIGNING_CONFIG',
        "The public-good instance's signing_config.v0.2.json.",
        kept('public-good.signing_config.v0.2.json'),
      ),
    ].join('\n'),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of Object.entries(embeddedModules())) {
    writeFileSync(new URL(`../${path}`, import.meta.url), text);
  }
}
