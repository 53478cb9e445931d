/** What a change of evidence is, and every way in which the maintained verifier and this one differ over one. */

import { type Evidence, oracleVerdict, ourVerdict } from './oracle.ts';

export interface Mutant {
  readonly name: string;
  readonly change: (evidence: Evidence) => Evidence;
  /** Where the two verifiers differ on that base: the name of the reason. */
  readonly differs?: Difference | ((base: Evidence) => Difference | undefined) | undefined;
}

/** Every way in which the two verifiers differ. Whatever differs without a name here is a bug of ours, or news. */
export const DIFFERENCES = {
  // we refuse, it accepts
  'the commit': 'we refuse: a bundle is about the signed attributes and cannot see the object',
  'unsigned index':
    'we refuse: without a promise nothing signs the entry\u2019s index, so it must be the proof\u2019s',
  'unsigned time': 'we refuse: a time that no promise signs is a lie, not a thing to pass over',
  'root and size':
    'we refuse: it reads root and size from the checkpoint alone, we want the proof\u2019s to be those',
  'note grammar': 'we refuse: lines that the signed-note grammar does not have',
  'signed number':
    'we refuse: a tree size that is not written canonically, though the log signed it so',
  'signed twice': 'we refuse: one log signs a checkpoint once',
  'part of a name':
    'we refuse: it takes any part of the log\u2019s URL for its name, we compare with the signed origin',
  'dates of a v2 log': 'we refuse: it asks a log\u2019s dates only where the log promised a time',
  'unread token parts':
    'we refuse: it looks only at some places of a token, and verifies with the listed certificate',
  'named certificate':
    'we refuse: it does not compare the certificate that a token names (ESSCertIDv2)',
  'timestamp info': 'we refuse: version and extensions of TSTInfo go unread there',
  'TSA usage': 'we refuse: it asks no extended key usage of a timestamp authority',
  'leaf usage':
    'we refuse: it asks no key usage, extended key usage or critical extension of a leaf',
  'CA usage': 'we refuse: it asks no extended key usage or critical extension of a CA',
  identity: 'we refuse: it leaves the names of a certificate to the policy; we accept exactly one',
  profile: 'we refuse: algorithms and keys that no git signature has',
  clock: 'we refuse: it has no clock, and takes a time in the future',
  // we accept, it refuses
  'name in the URL': 'we accept: a v1 log\u2019s name need not stand in its URL: its key decides',
  'whole seconds': 'we accept: times are compared in whole seconds, it compares milliseconds',
  'intermediate as anchor':
    'we accept: what the trust root lists last is trusted; it wants a self-signed root',
  'TSA under a CA':
    'we accept: where the trust root lists a CA alone, its TSAs count; it wants the TSA\u2019s certificate listed',
  'SCTs of strangers':
    'we accept: one good SCT is enough beside those of unknown logs; it wants all good',
  'SCT twice':
    'we accept: two SCTs of one log count as the one that is needed; it refuses duplicates',
} as const;
export type Difference = keyof typeof DIFFERENCES;

/** One change, judged by both: nothing, or a line that says how they differ without a reason, or agree against one. */
export async function compare(
  { name, change, differs }: Mutant,
  base: Evidence,
): Promise<string | undefined> {
  const evidence = change(base);
  const difference = typeof differs === 'function' ? differs(base) : differs;
  return difference === undefined ? agree(name, evidence) : explained(name, evidence, difference);
}

async function agree(name: string, evidence: Evidence): Promise<string | undefined> {
  const [ours, theirs] = [await ourVerdict(evidence), oracleVerdict(evidence)];
  return (ours === 'accepts') === (theirs === 'accepts')
    ? undefined
    : `${name}: we say ${ours}, the oracle ${theirs}`;
}

async function explained(
  name: string,
  evidence: Evidence,
  difference: Difference,
): Promise<string | undefined> {
  const weAccept = DIFFERENCES[difference].startsWith('we accept');
  const [ours, theirs] = [await ourVerdict(evidence), oracleVerdict(evidence)];
  // an octet of a length breaks more than the part it stands in
  const eitherWay = difference === 'unread token parts';
  const as =
    (ours === 'accepts') === weAccept && ((theirs === 'accepts') !== weAccept || eitherWay);
  return as ? undefined : `${name}: not as "${difference}" says: we ${ours}, the oracle ${theirs}`;
}
