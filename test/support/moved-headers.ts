/**
 * A signed object put together in another way: the payload and the signature are those that the signer made, byte for
 * byte, and git reads another object, or none. Nothing here needs a key.
 */

import { header } from './odd-objects.ts';

const PERSON = 'Alice <alice@example.test> 1700000000 +0000';

/** A merge of nine parents. Its header has twelve lines, so a signature fits in thirteen places. */
export function octopus(tree: string, parents: readonly string[]): string {
  const lines = parents.map((id) => `parent ${id}\n`).join('');
  return `tree ${tree}\n${lines}author ${PERSON}\ncommitter ${PERSON}\n\nmerge nine branches\n`;
}

export interface MovedHeader {
  /** Which header line the signature stands before, counted from 0. */
  readonly place: number;
  readonly name: string;
  readonly raw: string;
  /** True for the places where git reads the object that was signed. */
  readonly legal: boolean;
}

/** The same signature before each header line of a commit or tag, and behind the last one. */
export function movedHeaders(payload: string, armor: string): readonly MovedHeader[] {
  const [head = '', ...rest] = payload.split('\n\n');
  const message = `\n${rest.join('\n\n')}`;
  const lines = head.split('\n');
  const last = lines.findLastIndex((line) => /^(?:committer|tagger) /.test(line));
  return [...lines, ''].map((line, place) => {
    const before = lines.slice(0, place).map((each) => `${each}\n`);
    const behind = lines.slice(place).map((each) => `${each}\n`);
    const raw = [...before, header('gpgsig', armor), ...behind, message].join('');
    const name = line === '' ? 'behind the last line' : `before \`${line.slice(0, 14)}\``;
    return { place, name, raw, legal: place > last };
  });
}

/** One armor over two headers: git puts the pieces together again. */
export function spreadArmor(payload: string, armor: string): string {
  const lines = armor.trimEnd().split('\n');
  const [first, second] = [lines.slice(0, 5), lines.slice(5)];
  const headers = [first, second].map((part) => header('gpgsig', part.join('\n'))).join('');
  return payload.replace('\n\n', `\n${headers}\n`);
}

/** The signed payload with its signature where the other type of object has it. */
export const asTag = (payload: string, armor: string): string => `${payload}${armor}`;
export const asCommit = (payload: string, armor: string): string =>
  payload.replace('\n\n', `\n${header('gpgsig', armor)}\n`);
