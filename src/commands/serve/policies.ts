/** Reads the policies that `git signet serve` was started with. Questions name them, and can name no others. */

import { NO_ARGUMENTS, type ParsedArguments } from '../../cli/spec.ts';
import { UsageError } from '../../errors.ts';
import { needRef } from '../../gate/plan.ts';
import type { ServedPolicies } from '../../gate/serve/conversation.ts';
import { createObjectJudge, type ObjectJudge } from '../../gate/serve/object-judge.ts';
import { NoVerdict } from '../../gate/serve/question.ts';
import { setUpVerify } from '../../gate/setup.ts';
import { type GitRepository, openRepository } from '../../git/repository.ts';
import { sourceOf } from '../../report/run-facts.ts';
import type { Invocation } from '../../system/invocation.ts';

/** A policy by the name that questions use, with the arguments of `verify` that would name it. */
export interface NamedPolicy {
  readonly name: string;
  readonly args: ParsedArguments;
}

/** The name of the policy that allows every signer. No question can write it. */
const ANYBODY = '';
const NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$/;

/** Splits NAME=VALUE of an option that may be repeated. @throws UsageError */
function namedValues(
  args: ParsedArguments,
  option: string,
): readonly (readonly [string, string])[] {
  return (args.lists.get(option) ?? []).map((text) => {
    const at = text.indexOf('=');
    const [name, value] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
    if (NAME.test(name) && value !== '') return [name, value];
    throw new UsageError(`--${option} ${text}: expected NAME=VALUE`, {
      hint: 'a name has letters, digits and . _ / - and at most 64 characters',
    });
  });
}

/** Returns the policies that the arguments name. @throws UsageError for none, for a name that comes twice, for a ref without a policy */
export function namedPolicies(args: ParsedArguments): readonly NamedPolicy[] {
  const refs = new Map(namedValues(args, 'ref'));
  const shared = {
    ...NO_ARGUMENTS,
    flags: args.flags,
    switches: new Set([...args.switches].filter((name) => name === 'insecure-ignore-sct')),
  };
  const address = args.values.get('repository-uri');
  const withRef = (name: string, more: readonly (readonly [string, string])[]) => {
    const ref = refs.get(name);
    return new Map([
      ...more,
      ...(ref === undefined ? [] : [['ref', ref] as const]),
      ...(address === undefined ? [] : [['repository-uri', address] as const]),
    ]);
  };
  const files = namedValues(args, 'policy').map(([name, policy]) => {
    const flags = { ...args.flags, policy };
    return { name, args: { ...shared, flags, values: withRef(name, []) } };
  });
  const revisions = namedValues(args, 'policy-from').map(([name, revision]) => {
    if (revision === 'parents') {
      throw new UsageError('--policy-from parents judges ranges, and serve judges objects');
    }
    return { name, args: { ...shared, values: withRef(name, [['policy-from', revision]]) } };
  });
  const anybody = { name: ANYBODY, args: { ...shared, switches: new Set(args.switches) } };
  const all = [
    ...files,
    ...revisions,
    ...(args.switches.has('unsafe-any-identity') ? [anybody] : []),
  ];
  const names = all.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new UsageError(`the policy name ${twice} is given twice`);
  const stray = [...refs.keys()].find((name) => !names.includes(name));
  if (stray !== undefined) throw new UsageError(`--ref ${stray}: there is no policy of this name`);
  if (all.length === 0) {
    throw new UsageError('no policy is given: whose signatures should pass?', {
      hint: 'add --policy-from main=origin/main, or --policy NAME=FILE, or --unsafe-any-identity',
    });
  }
  return all;
}

/** Stands in for a repository outside of any: objects must come as bytes. */
function noRepository({ cwd }: Invocation): GitRepository {
  const none = (): never => {
    throw new NoVerdict('NO_REPOSITORY', 'serve was not started in a repository');
  };
  const objects = {
    read: none,
    each: none,
    get: none,
    start: () => undefined,
    close: () => undefined,
  };
  const place = { git: '', cwd, env: {} } as Pick<GitRepository, 'git' | 'cwd' | 'env'>;
  return { ...place, name: '', format: 'sha1', shallow: new Set(), objects };
}

/** Reads trust root and policies anew. `inRepository`: serve was started in a repository. @throws ConfigError, UsageError */
export async function readPolicies(
  named: readonly NamedPolicy[],
  invocation: Invocation,
  inRepository: boolean,
): Promise<ServedPolicies> {
  const judges = new Map<string, ObjectJudge>();
  const closes: (() => Promise<void>)[] = [];
  const policies: Record<string, object> = {};
  let trust: object | undefined;
  const close = async (): Promise<void> => {
    await Promise.all(closes.map((each) => each()));
  };
  try {
    for (const { name, args } of named) {
      const repository = inRepository
        ? openRepository(invocation.cwd, invocation.env)
        : Promise.resolve(noRepository(invocation));
      const setup = await setUpVerify(args, invocation, 'command', repository);
      closes.push(setup.close);
      needRef(setup);
      const judge = createObjectJudge({ setup, inRepository });
      judges.set(name, judge);
      closes.push(judge.close);
      const { facts } = setup;
      trust ??= sourceOf(facts.trust);
      if (facts.policy !== undefined) {
        policies[name] = { ...sourceOf(facts.policy), ref: setup.judge.ref };
      }
    }
  } catch (error) {
    await close();
    throw error;
  }
  const anyIdentity = judges.has(ANYBODY);
  const judgeOf: ServedPolicies['judgeOf'] = (policy) => {
    const found = policy === ANYBODY ? undefined : judges.get(policy ?? ANYBODY);
    if (found !== undefined) return found;
    const what = policy === undefined ? 'the question names no policy' : 'no policy has this name';
    throw new NoVerdict('UNKNOWN_POLICY', what);
  };
  return { judgeOf, facts: { trust, policies, anyIdentity }, close };
}
