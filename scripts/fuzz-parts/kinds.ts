/**
 * The campaign over the kinds of payload: a commit, a tag, a push certificate and a statement, each with a good signature. A
 * payload is changed to look like another kind. It must never be signed as a kind that it is not, and no signature of
 * one kind may verify it as another.
 */

import { equal } from '../../src/core/bytes.ts';
import { createEvidenceCache } from '../../src/core/evidence-cache.ts';
import { readHeader } from '../../src/core/git/header.ts';
import type { PayloadKind } from '../../src/core/git/payload-kind.ts';
import { readPushCertificate } from '../../src/core/git/push-certificate.ts';
import { checkPayload } from '../../src/core/git/signable.ts';
import { bearsArmor } from '../../src/core/git/signed-object.ts';
import { checkSignable } from '../../src/core/statement/signable.ts';
import { readStatement } from '../../src/core/statement/statement.ts';
import { verifyStatement } from '../../src/core/statement/verify.ts';
import { Refusal } from '../../src/core/verdict.ts';
import { verifyDetached } from '../../src/core/verify.ts';
import { isSignetError } from '../../src/errors.ts';
import { forgeStatement, STATEMENT } from '../../test/support/forge/statement.ts';
import { forge } from '../../test/support/forge.ts';
import { bytes } from '../../test/support/odd-objects.ts';
import { type Campaign, finding } from './campaign.ts';
import { readAsGit } from './git-model.ts';
import { kindChanges } from './kind-changes.ts';
import { type Random, randomAt } from './random.ts';

const ONE = '1'.repeat(40);
const ALICE = 'Alice <alice@forge.test> 1800000000 +0000';
const TEXTS = {
  commit: `tree ${ONE}\nparent ${ONE}\nauthor ${ALICE}\ncommitter ${ALICE}\n\n{"_type": "a message"}\n`,
  tag: `object ${ONE}\ntype commit\ntag v1\ntagger ${ALICE}\n\nrelease\n`,
  push: `certificate version 0.1\npusher ${ALICE}\npushee https://git.example.test/x.git\nnonce 1-ab\n\n${'0'.repeat(40)} ${ONE} refs/heads/main\n`,
  statement: Buffer.from(STATEMENT).toString('latin1'),
} as const satisfies Readonly<Record<PayloadKind, string>>;
const KINDS = Object.keys(TEXTS) as PayloadKind[];
const GIT_KINDS = ['commit', 'tag', 'push'] as const;
const NAMES = Object.keys(kindChanges);

/** Signs as the program does, or as a broken one would. */
export type KindOf = (payload: Uint8Array) => PayloadKind;

function accepted(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

function kindBy(kindOf: KindOf, payload: Uint8Array): PayloadKind | undefined {
  try {
    return kindOf(payload);
  } catch (error) {
    if (isSignetError(error)) return undefined;
    throw error;
  }
}

/** The kinds whose strict reader takes the payload. */
function readersOf(payload: Uint8Array): readonly PayloadKind[] {
  const readers: Readonly<Record<PayloadKind, () => unknown>> = {
    commit: () => readHeader('commit', payload, { form: 'payload' }),
    tag: () => readHeader('tag', payload, { form: 'payload' }),
    push: () => readPushCertificate(payload),
    statement: () => readStatement(payload),
  };
  return KINDS.filter((kind) => accepted(readers[kind]));
}

/** JSON that says of itself that it is a statement, by a reader that is not ours. */
function jsonOf(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null
      ? (json as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

const quotes = (text: string): number => text.split('"').length;

/** Whether a payload is of a kind, by other readers than those of the program. */
function isOf(kind: PayloadKind, text: string): boolean {
  if (kind === 'commit' || kind === 'tag') {
    return [40, 64].some((digits) => readAsGit(kind, bytes(text), digits as 40) !== undefined);
  }
  if (kind === 'push') return /^certificate version 0\.1\npusher [^\n]+\n/.test(text);
  const whole = Buffer.from(text, 'latin1').toString();
  const json = jsonOf(whole);
  if (json?.['_type'] !== 'https://in-toto.io/Statement/v1') return false;
  // a name that stands twice would be written once
  return whole.includes('\\') || quotes(JSON.stringify(json)) === quotes(whole);
}

interface Good {
  readonly kind: PayloadKind;
  readonly payload: Uint8Array;
  /** Armor, or the bundle. */
  readonly signature: Uint8Array;
  /** The bare signature and the log entry, as a bundle has them. */
  readonly sig: string;
  readonly entry: unknown;
}

const base64 = (from: Uint8Array): string => Buffer.from(from).toString('base64');

function goodOnes(): readonly Good[] {
  return KINDS.map((kind) => {
    const payload = bytes(TEXTS[kind]);
    const own = forgeStatement({ payload });
    const [entry] = own.json.verificationMaterial.tlogEntries;
    if (kind === 'statement') {
      return { kind, payload, signature: own.bundle, sig: base64(own.signature), entry };
    }
    const { signature, record, signedAttrs } = forge({ payload });
    // the same log entry as in the message, in the form that a bundle has
    const { json } = forgeStatement({ payload, signed: signedAttrs });
    const [logged] = json.verificationMaterial.tlogEntries;
    return { kind, payload, signature, sig: base64(record.signature), entry: logged };
  });
}

/** The changed payload at a position: the same for the same seed. */
export function payloadAt(seed: number, position: number): { text: string; changes: string[] } {
  const random = randomAt(seed, position);
  let text: string = TEXTS[random.pick(KINDS)];
  const changes: string[] = [];
  for (let left = random.below(4); left > 0; left -= 1) {
    const name = random.pick(NAMES);
    if (text === '') break;
    text = kindChanges[name]?.(text, random, TEXTS[random.pick(KINDS)]) ?? text;
    changes.push(name);
  }
  return { text, changes };
}

/** What is wrong with how the payload would be signed. */
function wrongSigning(text: string, kindOf: KindOf): string | undefined {
  const payload = bytes(text);
  const kind = kindBy(kindOf, payload);
  const forGit = kindBy(checkPayload, payload);
  const readers = readersOf(payload);
  if (readers.length > 1) return `readers of ${readers.join(' and ')} take it`;
  const [reader] = readers;
  const armored = reader === 'tag' && bearsArmor(payload);
  if (kind !== reader && !armored) return `signed as ${kind}, read as ${reader}`;
  if (forGit !== (kind === 'statement' ? undefined : kind)) return `git has ${forGit} signed`;
  if (kind !== undefined && !isOf(kind, text)) return `no ${kind} for another reader`;
  const others = KINDS.filter((each) => each !== kind && kind !== undefined && isOf(each, text));
  return others.length === 0 ? undefined : `a ${others.join(', ')} for another reader`;
}

type Context = ReturnType<typeof forgeStatement>['context'];

/** Four payloads with their good signatures, who verifies them, and a good bundle to be changed. */
interface World {
  readonly goods: readonly Good[];
  readonly context: Context;
  readonly bundle: string;
}

/** Makes signatures over the payload itself, as a program without rules would, and says which wrong one verifies. */
async function wrongFresh(text: string, context: Context): Promise<string | undefined> {
  const payload = bytes(text);
  const readers = readersOf(payload);
  const message = forge({ payload }).signature;
  const { status } = await verifyDetached(payload, message, context);
  const type = jsonOf(
    Buffer.from(payload)
      .toString()
      .replace(/^\ufeff/, ''),
  )?.['_type'];
  const says = String(type).startsWith('https://in-toto.io/Statement/');
  if (status === 'verified' && says) return 'a message for git verifies a statement';
  const begins = ['tree ', 'object ', 'certificate '].findIndex((start) => text.startsWith(start));
  const due = GIT_KINDS[begins];
  if (status === 'verified' && due !== undefined && !readers.includes(due)) {
    return `a message verifies what begins as a ${due} and is none`;
  }
  const { verdict } = await verifyStatement(forgeStatement({ payload }).bundle, context);
  const good = verdict.status === 'verified';
  return good === readers.includes('statement') ? undefined : `a bundle is ${verdict.status}`;
}

/** What is wrong with how the good signatures verify the payload. */
async function wrongVerdict(
  text: string,
  { goods, context, bundle }: World,
  random: Random,
): Promise<string | undefined> {
  const payload = bytes(text);
  for (const good of goods) {
    const own = good.kind !== 'statement' && equal(payload, good.payload);
    const { status } = await verifyDetached(payload, good.signature, context);
    if ((status === 'verified') !== own) return `${status} by the signature of a ${good.kind}`;
  }
  const [signer, logger] = [random.pick(goods), random.pick(goods)];
  const json = JSON.parse(bundle);
  json.dsseEnvelope.payload = base64(payload);
  json.dsseEnvelope.signatures[0].sig = signer.sig;
  json.verificationMaterial.tlogEntries = [logger.entry];
  const { verdict } = await verifyStatement(Buffer.from(JSON.stringify(json)), context);
  const own =
    signer.kind === 'statement' && logger.kind === 'statement' && equal(payload, STATEMENT);
  if ((verdict.status === 'verified') === own) return undefined;
  return `a bundle of ${signer.kind} and ${logger.kind} is ${verdict.status}`;
}

/** Fresh signatures cost most of the time. */
const FRESH = 8;

/** `kindOf` is what the signer asks. A test gives a broken one. */
export function kindCampaign(seed: number, kindOf: KindOf = checkSignable): Campaign {
  const { context, bundle } = forgeStatement();
  const world = {
    ...{ goods: goodOnes(), bundle: Buffer.from(bundle).toString() },
    context: { ...context, cache: createEvidenceCache() },
  };
  return {
    name: 'kinds',
    at: async (position) => {
      const { text, changes } = payloadAt(seed, position);
      const random = randomAt(seed + 1, position);
      const wrong =
        wrongSigning(text, kindOf) ??
        (await wrongVerdict(text, world, random)) ??
        (random.once(FRESH) ? await wrongFresh(text, world.context) : undefined);
      const status = kindBy(kindOf, bytes(text)) ?? 'refused';
      if (wrong === undefined) return { status };
      return { status, finding: finding(seed, position, wrong, { changes, text }) };
    },
  };
}
