/**
 * What `git signet log` says of one commit: a sign, a word, the signer, and the values of git's `%G…` placeholders.
 * It is made where the verdict is reached, in workers too, and crosses threads as text.
 */

import { visible } from '../../core/escape.ts';
import { type GpgFields, gpgFields, NO_SIGNATURE } from '../../core/git/gpg-fields.ts';
import { reportOf } from '../../core/git/gpg-status.ts';
import type { Outcome, Verdict } from '../../core/verdict.ts';
import type { Rendered } from '../format.ts';
import type { Judged } from '../judged.ts';
import { notesOf, STATUS_WORDS, shortSigner } from '../text.ts';
import { verdictLine } from '../verdict-line.ts';

/** All text is escaped, and of one line. */
export interface LogMark {
  readonly status: Verdict['status'];
  /** The verified signer in a word, else what the verdict is. */
  readonly label: string;
  /** Who, why: one line. */
  readonly told: string;
  /** What git itself would say. It takes as long as the rest, so it is there only if it is shown. */
  readonly git?: SignatureAnswer;
}

export interface SignatureAnswer {
  /** What `--show-signature` would print, without the program's name. */
  readonly sentence: string;
  /** The values of the `%G…` placeholders. */
  readonly fields: GpgFields;
  /** Verified, and no policy was asked: a setting says how far git trusts that. */
  readonly unruled: boolean;
}

/** The signs of each status, for a screen that shows Unicode and for one that does not. */
const SIGNS: Readonly<Record<Verdict['status'], readonly [unicode: string, ascii: string]>> = {
  verified: ['✓', 'v'],
  'not-allowed': ['✗', 'x'],
  refused: ['✗', 'x'],
  unsigned: ['○', 'o'],
  undecided: ['?', '?'],
};

/** Returns the sign of a status. It says the same as the colour. */
export function signOf({ status }: Pick<LogMark, 'status'>, unicode: boolean): string {
  return SIGNS[status][unicode ? 0 : 1];
}

/** The name of the rule that `--certificate-…` makes. The user gave none. */
const UNNAMED = 'flags';

function signerOf(
  verdict: Extract<Outcome, { status: 'verified' }>,
): [label: string, told: string] {
  const { signer, rule } = verdict;
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
  if (verdict.status === 'unsigned') return NO_SIGNATURE;
  if ('kind' in verdict && verdict.kind !== undefined) {
    const { kind } = verdict;
    return keyFields({ ...verdict, kind });
  }
  return gpgFields(reportOf(verdict as Verdict, 'undefined').lines);
}

function gitAnswer(verdict: Outcome): SignatureAnswer {
  const { status } = verdict;
  return {
    sentence: status === 'unsigned' ? '' : visible(verdictLine(verdict, 'commit')),
    fields: fieldsOf(verdict),
    unruled: status === 'verified' && verdict.rule === undefined,
  };
}

/** The mark of one verdict, without git's own answer. */
export function markOf(verdict: Outcome): LogMark {
  const { status } = verdict;
  const [label, told] =
    status === 'verified' ? signerOf(verdict) : [STATUS_WORDS[status], toldOf(verdict)];
  const notes = notesOf(verdict).map(({ detail }) => `; ${detail}`);
  return {
    status,
    label: visible(label),
    told: visible([told, ...notes].join('')),
  };
}

/** The mark as text. */
export function markPiece({ verdict }: Judged): Pick<Rendered, 'piece'> {
  return { piece: JSON.stringify(markOf(verdict)) };
}

/** The mark as text, with git's own answer. */
export function answeredMarkPiece({ verdict }: Judged): Pick<Rendered, 'piece'> {
  return { piece: JSON.stringify({ ...markOf(verdict), git: gitAnswer(verdict) }) };
}

/** Reads that text. `trusted`: the setting that trusts signers of whom no policy was asked. */
export function readMark({ piece = '' }: Pick<Rendered, 'piece'>, trusted: boolean): LogMark {
  const mark = JSON.parse(piece) as LogMark;
  const { git } = mark;
  if (!trusted || git?.unruled !== true) return mark;
  return { ...mark, git: { ...git, fields: { ...git.fields, grade: 'G', trust: 'fully' } } };
}
