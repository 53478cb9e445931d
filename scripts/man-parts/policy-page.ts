/** git-signet-policy(5): the fields of a policy file, from its JSON schema. */

import { readFileSync } from 'node:fs';
import { command as policy } from '../../src/commands/policy/policy.ts';
import type { Edition, Page } from './command-pages.ts';
import { bold, page, paragraphs, prose, seeAlso, subsection, terms, verbatim } from './roff.ts';

interface Schema {
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly $ref?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}

interface PolicySchema extends Schema {
  readonly $defs: Readonly<Record<string, Schema>>;
}

const PATH = new URL('../../schema/policy.schema.json', import.meta.url);

export function policySchema(): PolicySchema {
  return JSON.parse(readFileSync(PATH, 'utf8'));
}

/** The definition that a field points to, with what the field says itself. */
function resolved(field: Schema, { $defs }: PolicySchema): Schema {
  const name = field.$ref?.split('/').at(-1) ?? '';
  return { ...$defs[name], ...field };
}

/** What a field takes, in words. */
function takes(field: Schema, schema: PolicySchema): string {
  const full = resolved(field, schema);
  if (full.const !== undefined) return `Always ${full.const}.`;
  if (full.enum !== undefined) return `One of: ${full.enum.join(', ')}.`;
  if (full.type === 'array') return 'A list.';
  return '';
}

function fieldTerms(object: Schema, schema: PolicySchema): string {
  const fields = Object.entries(object.properties ?? {}).map(([name, field]) => {
    const { description } = resolved(field, schema);
    const needed = object.required?.includes(name) ? ['Needed.'] : [];
    const facts = [description && `${description}.`, takes(field, schema), ...needed];
    const body = facts.filter(Boolean).join(' ');
    return [bold(name), prose(body === '' ? 'Text.' : body)] as const;
  });
  return terms(fields);
}

/** Fields that all kinds have, but for one at most: they are told once. */
function commonOf(title: string, kinds: readonly Schema[]): Schema {
  const fields = kinds.flatMap(({ properties = {} }) => Object.entries(properties));
  const having = Map.groupBy(fields, ([name]) => name);
  const common = [...having].filter(([, all]) => all.length >= kinds.length - 1);
  const properties = Object.fromEntries(common.flatMap(([, all]) => all.slice(0, 1)));
  const required = Object.keys(properties).filter((name) =>
    kinds.every((kind) => kind.required?.includes(name) === true),
  );
  return { title, properties, required };
}

/** The kinds of a list's items: the fields of all kinds first, then each kind's own. */
function kindParts(title: string, kinds: readonly Schema[], schema: PolicySchema): string {
  const common = commonOf(title, kinds);
  const own = kinds.map((kind): Schema => {
    const fields = Object.entries(kind.properties ?? {});
    const rest = fields.filter(([name]) => common.properties?.[name] === undefined);
    return { ...kind, properties: Object.fromEntries(rest) };
  });
  return [common, ...own]
    .map((kind) => subsection(kind.title ?? '', fieldTerms(kind, schema)))
    .join('\n');
}

export function policyPage(edition: Edition): Page {
  const schema = policySchema();
  const kinds = schema.$defs.signer?.oneOf ?? [];
  const inRules = schema.$defs.commits?.properties ?? {};
  const others = ['workflow', 'commits', 'tags', 'approvals', 'carried', 'attestation', 'vsa']
    .map((name) => [name, schema.$defs[name] ?? inRules[name] ?? {}] as const)
    .filter(([, object]) => object.properties !== undefined);
  const head = { ...edition, name: 'git-signet-policy', section: 5 } as const;
  const text = page({ ...head, summary: 'who may sign what (.signet.yaml)' }, [
    [
      'DESCRIPTION',
      paragraphs([
        'A policy is a YAML file. It names signers, and says which of them may sign which commits and tags. git signet verify --policy-from REV reads it at that revision; signet.policy names one for git verify-commit.',
      ]),
    ],
    ['EXAMPLE', verbatim(policy.sample?.text ?? '')],
    ['FIELDS', fieldTerms(schema, schema)],
    ['SIGNERS', kindParts('Every signer', kinds, schema)],
    [
      'RULES',
      others.map(([name, object]) => subsection(name, fieldTerms(object, schema))).join('\n'),
    ],
    ['REVOKED', kindParts('Every entry', schema.$defs.revoked?.oneOf ?? [], schema)],
    ['SEE ALSO', seeAlso(['git-signet-policy(1)', 'git-signet-verify(1)', 'git-signet(1)'])],
  ]);
  return ['git-signet-policy.5', text];
}
