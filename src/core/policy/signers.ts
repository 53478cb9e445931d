/**
 * Reads the `signers` of a policy. Each has a name and is exactly one of identity, pattern, workflow, SPIFFE id, user
 * name, OpenPGP key, SSH key or preset. An identity without its issuer is refused (threat P03).
 */

import { githubWebFlow } from './github-web-flow.ts';
import type { IdentityRule, KeyRule, Validity, WorkflowRule } from './model.ts';
import { anchoredPattern } from './patterns.ts';
import {
  asInstant,
  asMap,
  asText,
  asTextOrTexts,
  asTexts,
  asWord,
  type Fields,
  fault,
  type Path,
  type Reader,
} from './reader.ts';
import { readSshKey } from './ssh-key.ts';
import { GITHUB, GITHUB_ISSUER } from './workflow.ts';

/** The rules of one signer. */
export interface SignerRules {
  readonly name: string;
  readonly rules: readonly IdentityRule[];
  readonly keys: readonly KeyRule[];
}

const KEYLESS = ['identity', 'identity-pattern', 'workflow', 'spiffe', 'username'] as const;
const KEYED = ['openpgp', 'ssh', 'preset'] as const;
const COMMON = ['name', 'from', 'until', 'committers'];
const WORKFLOW = ['repository', 'file', 'ref', 'trigger', 'environment', 'repository-id'];
/** Matches one armored block, with headers such as `Comment`. The verifier reads the key itself. */
const ARMOR =
  /^-----BEGIN PGP PUBLIC KEY BLOCK-----\n(?:[A-Za-z]+: [^\n]*\n)*\n?[A-Za-z0-9+/=\n]+-----END PGP PUBLIC KEY BLOCK-----\n*$/;
const PRESETS = { 'github-web-flow': githubWebFlow } as const;

function readValidity(reader: Reader, signer: Fields, path: Path): Validity {
  const { from, until } = signer;
  const first = from === undefined ? undefined : asInstant(reader, from, [...path, 'from'], false);
  const last = until === undefined ? undefined : asInstant(reader, until, [...path, 'until'], true);
  if (first !== undefined && last !== undefined && first > last) {
    throw fault(reader, [...path, 'until'], "'until' lies before 'from'");
  }
  return {
    ...(first === undefined ? {} : { from: first }),
    ...(last === undefined ? {} : { until: last }),
  };
}

function readPattern(reader: Reader, value: unknown, path: Path): string {
  const text = asText(reader, value, path);
  try {
    anchoredPattern(text);
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^.*: /, '') : String(error);
    throw fault(reader, path, `the pattern is not a regular expression: ${why}`);
  }
  return text;
}

function readWorkflow(reader: Reader, value: unknown, path: Path): WorkflowRule {
  const workflow = asMap(reader, value, path, WORKFLOW);
  for (const key of ['repository', 'file', 'ref', 'trigger']) {
    if (workflow[key] === undefined) throw fault(reader, path, `a workflow without '${key}'`);
  }
  const text = (key: string): string => asText(reader, workflow[key], [...path, key]);
  const repository = text('repository');
  const short = /^[\w.-]+\/[\w.-]+$/.test(repository);
  if (!short && !/^https:\/\/[^/\s]+\/\S*[^/\s]$/.test(repository)) {
    const problem = "'repository' must be OWNER/NAME on GitHub, or an https address";
    throw fault(reader, [...path, 'repository'], problem);
  }
  const ref = text('ref');
  if (!ref.startsWith('refs/')) {
    throw fault(reader, [...path, 'ref'], "'ref' must be a full name such as refs/heads/main");
  }
  const { environment } = workflow;
  return {
    repository: short ? `${GITHUB}${repository}` : repository,
    file: text('file'),
    ref,
    triggers: asTextOrTexts(reader, workflow.trigger, [...path, 'trigger']),
    ...(environment === undefined ? {} : { environment: text('environment') }),
    ...(workflow['repository-id'] === undefined ? {} : { repositoryId: text('repository-id') }),
  };
}

function issuerOf(reader: Reader, signer: Fields, path: Path, workflow?: WorkflowRule): string {
  const onGitHub = workflow?.repository.startsWith(GITHUB) === true;
  if (signer.issuer === undefined && onGitHub) return GITHUB_ISSUER;
  if (signer.issuer === undefined) throw fault(reader, path, "a signer without 'issuer'");
  return asText(reader, signer.issuer, [...path, 'issuer']);
}

function readKeyless(
  reader: Reader,
  kind: (typeof KEYLESS)[number],
  signer: Fields,
  path: Path,
): Omit<IdentityRule, 'name'> {
  const at = [...path, kind];
  if (kind === 'workflow') {
    const workflow = readWorkflow(reader, signer.workflow, at);
    return { workflow, issuer: issuerOf(reader, signer, path, workflow) };
  }
  const issuer = issuerOf(reader, signer, path);
  if (kind === 'identity-pattern') {
    return { identityPattern: readPattern(reader, signer[kind], at), issuer };
  }
  const identity = asText(reader, signer[kind], at);
  if (kind === 'identity') return { identity, issuer };
  if (kind === 'username') return { kind: 'otherName', identity, issuer };
  if (!/^spiffe:\/\/[^/\s]+\/\S+$/.test(identity)) {
    throw fault(reader, at, "'spiffe' must be an id such as spiffe://example.test/ci");
  }
  return { kind: 'uri', identity, issuer };
}

function readKeyed(
  reader: Reader,
  kind: (typeof KEYED)[number],
  name: string,
  signer: Fields,
  path: Path,
): readonly KeyRule[] {
  const at = [...path, kind];
  if (kind === 'preset') {
    const preset = asWord(reader, signer.preset, at, Object.keys(PRESETS) as ['github-web-flow']);
    return PRESETS[preset](name);
  }
  const text = asText(reader, signer[kind], at);
  if (kind === 'ssh') {
    const { key, ...more } = readSshKey(reader, text, at);
    return [{ name, kind, key, ...more }];
  }
  if (!ARMOR.test(text)) {
    throw fault(reader, at, "'openpgp' must be one armored public key (gpg --export --armor)");
  }
  return [{ name, kind, key: text }];
}

/** Reads one item of `signers`. @throws ConfigError POLICY_FILE with line and column */
export function readSigner(reader: Reader, value: unknown, path: Path): SignerRules {
  const all = [...COMMON, 'issuer', ...KEYLESS, ...KEYED];
  const signer = asMap(reader, value, path, all);
  if (signer.name === undefined) throw fault(reader, path, "a signer without 'name'");
  const name = asText(reader, signer.name, [...path, 'name']);
  const kinds = [...KEYLESS, ...KEYED].filter((kind) => signer[kind] !== undefined);
  const [kind, second] = kinds;
  if (kind === undefined) throw fault(reader, path, "a signer without 'identity'");
  if (second !== undefined) {
    throw fault(reader, [...path, second], `give only one of '${kind}' and '${second}'`);
  }
  const validity = readValidity(reader, signer, path);
  const { committers } = signer;
  const addresses =
    committers === undefined
      ? {}
      : { addresses: asTexts(reader, committers, [...path, 'committers']) };
  const keyless = KEYLESS.find((each) => each === kind);
  if (keyless !== undefined) {
    const rule = readKeyless(reader, keyless, signer, path);
    return { name, rules: [{ name, ...rule, ...validity, ...addresses }], keys: [] };
  }
  if (signer.issuer !== undefined) {
    throw fault(reader, [...path, 'issuer'], 'a key has no issuer');
  }
  const keyed = KEYED.find((each) => each === kind) ?? 'openpgp';
  if (keyed === 'preset' && (Object.keys(validity).length > 0 || committers !== undefined)) {
    throw fault(reader, path, 'a preset brings its own dates and committers');
  }
  const keys = readKeyed(reader, keyed, name, signer, path);
  return { name, rules: [], keys: keys.map((key) => ({ ...key, ...validity, ...addresses })) };
}
