/**
 * The campaign over whole objects. A good object is changed in one to three places and verified. Whatever still verifies
 * must be, for git, the good object that its certificate signed: same type, tree, parents, people, tag, message, payload,
 * and same signer. So one oracle, what git reads, judges every rule at once.
 */

import { toHex } from '../../src/core/bytes.ts';
import { objectId } from '../../src/core/git/signed-object.ts';
import type { Verdict, Verified } from '../../src/core/verdict.ts';
import { verifyObject } from '../../src/core/verify.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { type Campaign, type Finding, finding } from './campaign.ts';
import { changedArmor } from './evidence-changes.ts';
import { type GitType, handedToProgram, readAsGit } from './git-model.ts';
import { objectChanges } from './object-changes.ts';
import { type Random, randomAt } from './random.ts';
import { goodSamples, hexDigitsOf, type Sample } from './samples.ts';

/** A changed object, and what was done to it. */
export interface Mutant {
  readonly sample: Sample;
  readonly type: GitType;
  readonly raw: Uint8Array;
  readonly changes: readonly string[];
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const NAMES = Object.keys(objectChanges);

/** Another signature in the place of the object's own, whatever stands there now. */
function withArmor(raw: string, type: GitType, armor: string): string {
  if (type === 'tag') return raw.replace(/-----BEGIN SIGNED MESSAGE-----[\s\S]*$/, () => armor);
  const folded = armor.replace(/\n$/, '').replaceAll('\n', '\n ');
  return raw.replace(/(?<=^gpgsig(?:-sha256)? ).*(?:\n .*)*/m, () => folded);
}

function changedEvidence(sample: Sample, random: Random, other: Sample): string {
  const [mine, theirs] = [sample, other].map(({ handed }) => latin1(handed.signature));
  const armor = changedArmor(mine ?? '', random, theirs ?? '');
  return withArmor(latin1(sample.raw), sample.type, armor);
}

/** The mutant at a position: the same for the same seed. */
export function mutantAt(samples: readonly Sample[], seed: number, position: number): Mutant {
  const random = randomAt(seed, position);
  const sample = random.pick(samples);
  const other = random.pick(samples);
  const changes: string[] = [];
  let raw = latin1(sample.raw);
  if (random.once(3)) {
    raw = changedEvidence(sample, random, other);
    changes.push('evidence');
  }
  const count = changes.length === 0 ? 1 + random.below(3) : random.below(2);
  for (let i = 0; i < count; i += 1) {
    const name = random.pick(NAMES);
    raw = objectChanges[name]?.(raw, random, latin1(other.raw)) ?? raw;
    changes.push(name);
  }
  const swapped = random.once(40);
  const type = swapped ? (sample.type === 'commit' ? 'tag' : 'commit') : sample.type;
  if (swapped) changes.push('type');
  return { sample, type, raw: Buffer.from(raw, 'latin1'), changes };
}

async function judge({ sample, type, raw }: Mutant): Promise<Verdict> {
  const { format, context, found } = sample;
  const id = objectId(nodeCrypto, type, raw, format);
  return verifyObject({ type, id, raw, format }, context, found);
}

/** What is wrong with an object that verifies; undefined when it is, for git, one of the good ones. */
export function wrongWith(
  { type, raw, sample }: Pick<Mutant, 'type' | 'raw' | 'sample'>,
  { signer, certificate }: Pick<Verified, 'signer' | 'certificate'>,
  samples: readonly Sample[],
): string | undefined {
  const hexDigits = hexDigitsOf(sample.format);
  const reading = readAsGit(type, raw, hexDigits);
  const handed = handedToProgram(type, raw, hexDigits);
  if (reading === undefined || handed === undefined)
    return 'git cannot read it, or calls it unsigned';
  const signed = samples.filter(
    ({ verdict }) =>
      verdict.certificate.sha256 === certificate.sha256 &&
      JSON.stringify(verdict.signer) === JSON.stringify(signer),
  );
  if (signed.length === 0) return `another signer: ${signer.value}`;
  const paid = signed.filter((good) => handed.payload.equals(good.handed.payload));
  if (paid.length === 0) return 'another payload';
  const text = JSON.stringify(reading);
  if (paid.some((good) => JSON.stringify(good.reading) === text)) return undefined;
  const [good] = paid;
  const differs = Object.entries(reading)
    .filter(
      ([key, value]) => JSON.stringify(good?.reading[key as 'type']) !== JSON.stringify(value),
    )
    .map(([key]) => key);
  return `git reads something else: ${differs.join(', ')}`;
}

/** Verifies one mutant; what is wrong, where something is. */
export async function tryMutant(
  mutant: Mutant,
  samples: readonly Sample[],
): Promise<{ readonly status: string; readonly wrong?: string }> {
  let verdict: Verdict;
  try {
    verdict = await judge(mutant);
  } catch (error) {
    return {
      status: 'exception',
      wrong: error instanceof Error ? `${error.stack}` : String(error),
    };
  }
  const { status } = verdict;
  const wrong = verdict.status === 'verified' ? wrongWith(mutant, verdict, samples) : undefined;
  return wrong === undefined ? { status } : { status, wrong };
}

export async function objectCampaign(seed: number): Promise<Campaign> {
  const samples = await goodSamples();
  const at = async (position: number): Promise<{ status: string; finding?: Finding }> => {
    const mutant = mutantAt(samples, seed, position);
    const { status, wrong } = await tryMutant(mutant, samples);
    if (wrong === undefined) return { status };
    const { sample, type, raw, changes } = mutant;
    const what = { sample: sample.name, type, changes, hex: toHex(raw) };
    return { status, finding: finding(seed, position, wrong, what) };
  };
  return { name: 'objects', at };
}
