/**
 * Writes a first policy from what a history proves. It is a proposal: a person decides. A signer whose name no source of the
 * user vouches for is called by its key, and marked. Every text of the history is quoted, so that none of it can become
 * YAML.
 */

import { plural } from '../plural.ts';
import { isoDay, isoTime } from '../time.ts';
import type { Signer } from '../verdict.ts';
import type { Validity } from './model.ts';

/** Who signed: an identity, a key, or a preset's key. */
export type ProposedSigner =
  | { readonly kind: 'keyless'; readonly signer: Signer }
  | { readonly kind: 'preset'; readonly preset: string }
  | ProposedKey;

export interface ProposedKey extends Validity {
  readonly kind: 'ssh' | 'openpgp';
  /** `TYPE BASE64`, or armored. */
  readonly key: string;
  readonly fingerprint: string;
  /** The holder, by a source of the user. */
  readonly owner?: string;
  /** The holder's address, if a source of the user states it. */
  readonly address?: string;
  /** The source of the key. */
  readonly source: string;
  /** True if a source of the user holds the key. */
  readonly vouched: boolean;
  /** What the key says of itself. */
  readonly says?: string;
}

/** Something of the history, with the number of its commits and their committers' addresses. */
export interface Counted<T> {
  readonly of: T;
  readonly count: number;
  readonly committers: ReadonlySet<string>;
}

export interface Proposal {
  /** The most frequent first. */
  readonly signers: readonly Counted<ProposedSigner>[];
  readonly since?: {
    readonly id: string;
    /** Unix seconds, as the commit claims. */
    readonly time: number | undefined;
    /** Number of commits that are not judged. */
    readonly reached: number;
    /** True if no commit is left to judge. */
    readonly all: boolean;
    readonly unsigned: number;
    readonly unproved: number;
  };
  /** Signers that another trust root proves, with that root's name. */
  readonly elsewhere: readonly Counted<{ readonly signer: Signer; readonly root: string }>[];
  /** Signatures that cannot be judged here: what they are, and what would help. */
  readonly unproved: readonly Counted<string>[];
  readonly refused: readonly { readonly id: string; readonly detail: string }[];
}

/** Text that needs no quotes in a comment. */
const PLAIN = /^[\w ./~-]{1,120}$/;
const MAX_SHOWN = 20;
const MAX_COMMITTERS = 3;
const MAX_TEXT = 120;
const MAX_NAME = 60;

/** Quotes text. JSON text is YAML text. Characters that YAML or a terminal could act on are escaped. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u{10ffff}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** Quotes text for a comment, and cuts it. */
const remark = (text: string): string =>
  quoted(text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);

const commits = (count: number): string => plural(count, 'commit');

/** Returns `"a", "b" and 3 more`. */
function committersOf(addresses: Iterable<string>): string {
  const all = [...addresses];
  const more = all.length > MAX_COMMITTERS ? ` and ${all.length - MAX_COMMITTERS} more` : '';
  return `${all.slice(0, MAX_COMMITTERS).map(remark).join(', ')}${more}`;
}

/** Returns the part of an identity that makes a good name. */
function stemOf(signer: ProposedSigner): string {
  if (signer.kind === 'preset') return signer.preset;
  if (signer.kind === 'keyless') {
    const { kind, value } = signer.signer;
    const file = kind === 'uri' ? /([^/@]+?)(?:\.ya?ml)?(?:@[^@]*)?$/.exec(value)?.[1] : value;
    return (file ?? 'workflow').split(/[@!]/)[0] ?? '';
  }
  if (signer.owner === undefined) {
    const { kind, fingerprint } = signer;
    return kind === 'ssh' ? `ssh-${fingerprint.slice(7, 15)}` : `openpgp-${fingerprint.slice(-16)}`;
  }
  const [local = ''] = (addressIn(signer.owner) ?? signer.owner).split('@');
  // a forge's key has a name, and an address that says nothing
  return /^no-?reply$/i.test(local) ? signer.owner.replace(/<.*$/s, '') || local : local;
}

/** Returns the address in `Name <address>`, or a text that is one. */
export function addressIn(owner: string): string | undefined {
  const address = /<([^<>]+)>\s*$/.exec(owner)?.[1] ?? owner;
  return address.includes('@') ? address : undefined;
}

/**
 * Returns a name for each signer. A person has one name for a login and the keys that the user's own sources say are held
 * under its address, because rules count names. Two logins never share a name, nor does a key that only claims an address.
 */
function namesFor(signers: readonly Counted<ProposedSigner>[]): readonly string[] {
  const taken = new Set<string>();
  const people = new Map<string, string>();
  const logins = new Set<string>();
  return signers.map(({ of }) => {
    const login = of.kind === 'keyless' && of.signer.kind === 'email' ? of.signer.value : undefined;
    const key = of.kind === 'ssh' || of.kind === 'openpgp' ? of.address : undefined;
    const address = key ?? (login !== undefined && logins.has(login) ? undefined : login);
    if (login !== undefined) logins.add(login);
    const known = address === undefined ? undefined : people.get(address);
    if (known !== undefined) return known;
    const short =
      stemOf(of)
        .replace(/[^\w.-]+/g, '-')
        .slice(0, MAX_NAME)
        .replace(/^-+|-+$/g, '') || 'signer';
    let name = short;
    for (let i = 2; taken.has(name); i += 1) name = `${short}-${i}`;
    taken.add(name);
    if (address !== undefined) people.set(address, name);
    return name;
  });
}

const WORKFLOW = /^(https:\/\/[^/]+\/[^/]+\/[^/]+)\/(\.github\/workflows\/[^@]+)@(refs\/.+)$/;

function keylessFields({ value, issuer, kind, extensions }: Signer): readonly string[] {
  const [, repository, file, ref] = (kind === 'uri' && WORKFLOW.exec(value)) || [];
  const trigger = extensions['20'] ?? extensions['2'];
  if (repository && file && ref && trigger) {
    return [
      ...['workflow:', `  repository: ${quoted(repository)}`, `  file: ${quoted(file)}`],
      ...[`  ref: ${quoted(ref)}`, `  trigger: ${quoted(trigger)}`, `issuer: ${quoted(issuer)}`],
    ];
  }
  const field =
    kind === 'otherName' ? 'username' : value.startsWith('spiffe://') ? 'spiffe' : 'identity';
  return [`${field}: ${quoted(value)}`, `issuer: ${quoted(issuer)}`];
}

function keyFields(signer: ProposedKey, committers: ReadonlySet<string>): readonly string[] {
  const { kind, key, fingerprint, owner, source, vouched, says, from, until } = signer;
  const what = `${kind === 'ssh' ? 'SSH' : 'OpenPGP'} key ${fingerprint}`;
  const holder = owner === undefined ? '' : ` of ${remark(owner)}`;
  const lines = [`# ${what}${holder}, from ${PLAIN.test(source) ? source : remark(source)}`];
  if (!vouched) {
    const itself = says === undefined ? '' : ` The key says ${remark(says)}.`;
    const named = committers.size === 0 ? '' : ` Its commits say ${committersOf(committers)}.`;
    lines.push(`# NOT VERIFIED whose key this is.${itself}${named} Ask, or remove it`);
  }
  if (from !== undefined) lines.push(`from: '${isoTime(from)}'`);
  if (until !== undefined) lines.push(`until: '${isoTime(until)}'`);
  if (kind === 'ssh') return [...lines, `ssh: ${quoted(key)}`];
  return [...lines, 'openpgp: |', ...key.split('\n').map((line) => `  ${line}`)];
}

function signerLines(
  { of, committers, count }: Counted<ProposedSigner>,
  name: string,
): readonly string[] {
  const fields =
    of.kind === 'preset'
      ? [`preset: ${of.preset}`]
      : of.kind === 'keyless'
        ? keylessFields(of.signer)
        : keyFields(of, committers);
  const others = [...committers].filter((one) => of.kind !== 'keyless' || one !== of.signer.value);
  const marked = of.kind !== 'keyless' && of.kind !== 'preset' && !of.vouched;
  const also = others.length === 0 || marked ? [] : [`# committed as: ${committersOf(others)}`];
  return [
    `  - name: ${quoted(name)}  # ${commits(count)}`,
    ...[...fields, ...also].map((line) => `    ${line}`.trimEnd()),
  ];
}

/**
 * Returns the line of those who may change the policy: people whose address is proved, or stated by a source of the user. A
 * key whose address only the key states may belong to a forge, which signs for all of its accounts. Without such people, all
 * are named, and marked.
 */
function changesLine(
  signers: readonly Counted<ProposedSigner>[],
  names: readonly string[],
): string {
  const people = names.filter((_, index) => {
    const of = signers[index]?.of;
    if (of?.kind === 'keyless') return of.signer.kind === 'email';
    return of !== undefined && of.kind !== 'preset' && of.address !== undefined;
  });
  const listed = [...new Set(people.length > 0 ? people : names)].map(quoted).join(', ');
  const remarked =
    people.length > 0
      ? 'they may change this file, so name few'
      : 'NOT VERIFIED who they are. Put in who may change this file';
  return `changes: [${listed}]  # ${remarked}`;
}

function sinceLines({ since }: Proposal): readonly string[] {
  if (since === undefined) return [];
  const { id, time, reached, unsigned, unproved } = since;
  const day = time === undefined ? '' : ` of ${isoDay(time)}`;
  const why = [
    ...(unsigned > 0
      ? [`${commits(unsigned)} up to here ${unsigned === 1 ? 'is' : 'are'} unsigned`]
      : []),
    ...(unproved > 0 ? [`${commits(unproved)} cannot be judged here (see below)`] : []),
  ].join(', and ');
  return [
    `# ${why}.`,
    `# So this commit${day} and its ancestors are not judged (${commits(reached)})`,
    `since: ${id}`,
  ];
}

/** Returns the first of a list as comments, and the number of the rest. */
function shown<T>(
  title: string,
  list: readonly T[],
  line: (one: T) => readonly string[],
): readonly string[] {
  if (list.length === 0) return [];
  const more = list.length - MAX_SHOWN;
  return [
    `# ${title}`,
    ...list.slice(0, MAX_SHOWN).flatMap((one) => line(one).map((text) => `#   ${text}`)),
    ...(more > 0 ? [`#   and ${more} more`] : []),
  ];
}

function notListed({ elsewhere, unproved, refused }: Proposal): readonly string[] {
  return [
    ...shown(
      'not listed: proved by a trust root that is not in force here. To judge by it: --trusted-root',
      elsewhere,
      ({ of, count }) => [
        `${commits(count)}, trust root ${remark(of.root)}`,
        `- name: NAME`,
        ...keylessFields(of.signer).map((line) => `  ${line}`),
      ],
    ),
    ...shown('not listed: cannot be judged here', unproved, ({ of, count, committers }) => [
      `${commits(count)}: ${remark(of)}${committers.size === 0 ? '' : `, committed as ${committersOf(committers)}`}`,
    ]),
    ...shown(
      'REFUSED: the signature is wrong, so look at these commits',
      refused,
      ({ id, detail }) => [`${id}: ${remark(detail)}`],
    ),
  ];
}

/** Returns the policy as YAML. */
export function proposalText(proposal: Proposal): string {
  const { signers } = proposal;
  const names = namesFor(signers);
  const lines = [
    ...['version: 1', 'sequence: 1', ...sinceLines(proposal)],
    ...[changesLine(signers, names), 'signers:'],
    ...signers.flatMap((signer, index) => signerLines(signer, names[index] ?? '')),
    ...notListed(proposal),
  ];
  return `${lines.join('\n')}\n`;
}
