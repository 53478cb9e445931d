/** Changes of a trust root, one thing each, for the oracle and us to judge. */

import type { Difference, Mutant } from './differences.ts';
import { date, type Json } from './forge.ts';

/** Of the trust root; times in seconds: what the evidence proves, and when the leaf was promised to the CT log. */
export function trustMutants(log: 0 | 1, time: number, promisedAt: number): readonly Mutant[] {
  const onTrust = (name: string, change: (root: Json) => void, differs?: Difference): Mutant => ({
    name: `trust: ${name}`,
    differs,
    change: (base) => {
      const trust = structuredClone(base.trust);
      change(trust);
      return { ...base, trust };
    },
  });
  const window = (
    name: string,
    at: number,
    set: (root: Json, validFor: Json) => void,
    differs?: Difference,
  ): readonly Mutant[] => [
    onTrust(`${name} from that second`, (root) => set(root, { start: date(at) })),
    onTrust(`${name} from the next`, (root) => set(root, { start: date(at + 1) }), differs),
    onTrust(
      `${name} until that second`,
      (root) => set(root, { start: date(0), end: date(at) }),
      name === 'the CT log' ? 'whole seconds' : undefined,
    ),
    onTrust(
      `${name} until the last`,
      (root) => set(root, { start: date(0), end: date(at - 1) }),
      differs,
    ),
  ];
  const unread = log === 1 ? 'dates of a v2 log' : undefined;
  return [
    onTrust('no logs', (root) => {
      root.tlogs = [];
    }),
    onTrust('no CT logs', (root) => {
      root.ctlogs = [];
    }),
    onTrust('no authorities', (root) => {
      root.certificateAuthorities = [];
    }),
    onTrust('no timestamp authorities', (root) => {
      root.timestampAuthorities = [];
    }),
    onTrust(
      'a chain without its root',
      (root) => {
        root.certificateAuthorities[0].certChain.certificates.pop();
      },
      'intermediate as anchor',
    ),
    onTrust('a chain of the root alone', (root) => {
      root.certificateAuthorities[0].certChain.certificates.shift();
    }),
    onTrust('the keys of the logs changed about', (root) => {
      const [one, two] = root.tlogs;
      [one.publicKey, two.publicKey] = [two.publicKey, one.publicKey];
    }),
    ...window('the authority', time, (root, validFor) => {
      root.certificateAuthorities[0].validFor = validFor;
    }),
    ...window('the timestamp authority', time, (root, validFor) => {
      root.timestampAuthorities[0].validFor = validFor;
    }),
    ...window(
      'the log',
      time,
      (root, validFor) => {
        root.tlogs[log].publicKey.validFor = validFor;
      },
      unread,
    ),
    ...window('the CT log', promisedAt, (root, validFor) => {
      root.ctlogs[0].publicKey.validFor = validFor;
    }),
  ];
}
