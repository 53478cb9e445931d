/**
 * What `git signet log` says of one commit: a sign, a word, the signer, and the values of git's `%G…` placeholders.
 * It is made where the verdict is reached, in workers too, and crosses threads as text.
 */

import { visible } from '../../core/escape.ts';
import { type GpgFields, gpgFields, NO_SIGNATURE } from '../../core/git/gpg-fields.ts';
import { reportOf } from '../../core/git/gpg-status.ts';
import type { KeyKind } from '../../core/identity-kind.ts';
import type { Outcome, Verdict } from '../../core/verdict.ts';
import type { KeyAnswer } from '../../git/log/key-answers.ts';
import { approvalsOf, approvalText } from '../approvals.ts';
import { carriedBy, carriedFrom } from '../carried.ts';
import type { Rendered } from '../format.ts';
import type { Judged } from '../judged.ts';
import { notesOf, STATUS_SIGNS, STATUS_WORDS, shortSigner } from '../text.ts';
import { verdictLine } from '../verdict-line.ts';

/** All text is escaped, and of one line. */
export interface LogMark {
  /** Full hash of the commit. */
  readonly id: string;
  readonly status: Verdict['status'];
  /** The verified signer in a word, else what the verdict is. */
  readonly label: string;
  /** Who, why: one line. */
  readonly told: string;
  /** The kind of a signature that no policy pins the key of. git may know the key. */
  readonly keyed?: KeyKind;
  /** What git itself would say. It takes as long as the rest, so it is there only if it is shown. */
  readonly git?: SignatureAnswer;
}

export interface SignatureAnswer {
  /** What `--show-signature` would print, in one line and without the program's name. Empty without a signature. */
  readonly sentence: string;
  /** The lines of `%GG`. */
  readonly lines: readonly string[];
  /** The values of the `%G…` placeholders. */
  readonly fields: GpgFields;
  /** Verified, and no policy was asked: a setting says how far git trusts that. */
  readonly unruled: boolean;
}

/** Returns the sign of a status. It says the same as the colour. */
export function signOf({ status }: Pick<LogMark, 'status'>, unicode: boolean): string {
  return STATUS_SIGNS[status][unicode ? 0 : 1];
}

/** The name of the rule that `--certificate-…` makes. The user gave none. */
const UNNAMED = 'flags';

function signerOf(
  verdict: Extract<Outcome, { status: 'verified' }>,
): [label: string, told: string] {
  const { rule } = verdict;
  if ('carried' in verdict) {
    return [
      carriedBy(verdict.carried),
      `${carriedBy(verdict.carried)}, ${carriedFrom(verdict.carried)}`,
    ];
  }
  const { signer } = verdict;
  const short = shortSigner(signer);
  const from = 'certificate' in verdict ? signer.issuer : undefined;
  if (rule === undefined || rule === UNNAMED) {
    return [short, from === undefined ? short : `${short} (${from})`];
  }
  return [rule, `${rule} (${from === undefined ? short : `${short}, ${from}`})`];
}

function toldOf(verdict: Exclude<Outcome, { status: 'verified' }>): string {
  const word = STATUS_WORDS[verdict.status];
  if (verdict.status === 'unsigned') return word;
  const proved = 'signer' in verdict ? verdict.signer : undefined;
  const claimed = 'claimedSigner' in verdict ? verdict.claimedSigner : undefined;
  const who =
    proved !== undefined
      ? `, ${shortSigner(proved)}`
      : claimed !== undefined
        ? `, claims ${shortSigner(claimed)}`
        : '';
  return `${word}${who}: ${verdict.detail}`;
}

/** For a pinned key, as git fills its placeholders for a key that ssh-keygen or gpg knows. */
function keyFields(verdict: Outcome & { readonly kind: 'ssh' | 'openpgp' }): GpgFields {
  const signer = 'signer' in verdict ? verdict.signer : undefined;
  const claimed = 'claimedSigner' in verdict ? verdict.claimedSigner : undefined;
  const key = (signer ?? claimed)?.value ?? '';
  const broken = verdict.status === 'refused' && verdict.code === 'signature-invalid';
  const grade = signer !== undefined ? 'U' : broken ? 'B' : 'E';
  const allowed = verdict.status === 'verified';
  const proved = signer === undefined ? '' : key;
  return {
    grade: allowed ? 'G' : grade,
    name: allowed ? (verdict.rule ?? '') : '',
    key: verdict.kind === 'openpgp' ? key.slice(-16) : key,
    fingerprint: proved,
    primary: verdict.kind === 'openpgp' ? proved : '',
    trust: allowed ? 'fully' : verdict.status === 'undecided' ? 'undefined' : 'never',
  };
}

/** The values of git's placeholders, with a signer whom no policy was asked about as `U`. */
function fieldsOf(verdict: Outcome): GpgFields {
  if (verdict.status === 'unsigned' || 'carried' in verdict) return NO_SIGNATURE;
  if ('kind' in verdict && verdict.kind !== undefined) {
    const { kind } = verdict;
    return keyFields({ ...verdict, kind });
  }
  return gpgFields(reportOf(verdict as Verdict, 'undefined').lines);
}

function gitAnswer(verdict: Outcome): SignatureAnswer {
  const { status } = verdict;
  const sentence = status === 'unsigned' ? '' : visible(verdictLine(verdict, 'commit'));
  return {
    sentence,
    lines: sentence === '' ? [] : [`git-signet: ${sentence}`],
    fields: fieldsOf(verdict),
    unruled: status === 'verified' && verdict.rule === undefined,
  };
}

/** Returns the kind of a signature whose key no policy pins, so that nothing here has checked it. */
function unknownKeyOf(verdict: Outcome): KeyKind | undefined {
  const { status } = verdict;
  if (status === 'undecided') return verdict.kind;
  const unknown = status === 'not-allowed' && verdict.code === 'key-not-pinned';
  return unknown && 'kind' in verdict ? verdict.kind : undefined;
}

/** Returns what stands behind the label, e.g. ` (carried, approved by bob)`, and who approved for the longer line. */
function toldBeside(verdict: Outcome): readonly [label: string, told: string] {
  if (verdict.status !== 'verified') return ['', ''];
  const people = approvalsOf(verdict).map(({ person }) => person);
  const approved = people.length === 0 ? [] : [`approved by ${people.join(', ')}`];
  const words = ['carried' in verdict ? 'carried' : [], approved].flat();
  const label = words.length === 0 ? '' : ` (${words.join(', ')})`;
  return [label, approved.length === 0 ? '' : `; ${approvalText(verdict)}`];
}

/** The mark of one verdict, without git's own answer. */
export function markOf({ id, verdict }: Pick<Judged, 'id' | 'verdict'>): LogMark {
  const { status } = verdict;
  const [label, told] =
    status === 'verified' ? signerOf(verdict) : [STATUS_WORDS[status], toldOf(verdict)];
  const keyed = unknownKeyOf(verdict);
  const notes = notesOf(verdict).map(({ detail }) => `; ${detail}`);
  const [beside, approved] = toldBeside(verdict);
  return {
    id,
    status,
    label: visible(label + beside),
    told: visible([told, approved, ...notes].join('')),
    ...(keyed === undefined ? {} : { keyed }),
  };
}

/** The mark as text. */
export function markPiece(judged: Judged): Pick<Rendered, 'piece'> {
  return { piece: JSON.stringify(markOf(judged)) };
}

/** The mark as text, with git's own answer. */
export function answeredMarkPiece(judged: Judged): Pick<Rendered, 'piece'> {
  return { piece: JSON.stringify({ ...markOf(judged), git: gitAnswer(judged.verdict) }) };
}

/** Reads that text. `trusted`: the setting that trusts signers of whom no policy was asked. */
export function readMark({ piece = '' }: Pick<Rendered, 'piece'>, trusted: boolean): LogMark {
  const mark = JSON.parse(piece) as LogMark;
  const { git } = mark;
  if (!trusted || git?.unruled !== true) return mark;
  return { ...mark, git: { ...git, fields: { ...git.fields, grade: 'G', trust: 'fully' } } };
}

const KINDS: Readonly<Record<KeyKind, string>> = { ssh: 'SSH', openpgp: 'OpenPGP' };

/**
 * Returns the mark of a signature whose key no policy pins, with git's own answer about it. `ruled`: a policy decides. It
 * does not allow the key, so git's word cannot make the signature good (design: `%G?` is U for a signer who is not allowed).
 */
export function withKeyAnswer(mark: LogMark, { fields, said }: KeyAnswer, ruled: boolean): LogMark {
  const { grade, name, fingerprint } = fields;
  const capped = ruled && grade === 'G' ? ({ grade: 'U', trust: 'never' } as const) : {};
  const git = {
    sentence: said.join(', '),
    lines: said,
    fields: { ...fields, ...capped },
    unruled: false,
  };
  if (grade === 'B') {
    const label = STATUS_WORDS.refused;
    return {
      ...mark,
      git,
      status: 'refused',
      label,
      told: `${label}: the signature does not verify`,
    };
  }
  if (ruled || grade !== 'G' || mark.keyed === undefined) return { ...mark, git };
  const told = `${name} (${KINDS[mark.keyed]} key ${fingerprint}, which your git knows)`;
  return { ...mark, git, status: 'verified', label: name, told };
}
