/**
 * Matches a certificate with a workflow (threat P09). Fulcio writes the origin of the job into extensions
 * (https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md): .12 repository, .14 ref, .15 its number, .18 the
 * started workflow, .20 trigger, .23 environment. .2, .5 and .6 are older forms of trigger, repository and ref. The name in
 * the certificate tells the file that ran.
 */

import type { Signer } from '../verdict.ts';
import type { WorkflowRule } from './model.ts';
import { matchesRef } from './patterns.ts';

/** Issuer of the tokens of GitHub's workflows, for policies that name none. */
export const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com';
export const GITHUB = 'https://github.com/';

/** Returns the value of an extension and of its older form. There must be one, and both must agree. */
function told(
  { extensions }: Signer,
  arc: string,
  older?: { readonly arc: string; readonly as: (value: string) => string },
): string | undefined {
  const value = Object.hasOwn(extensions, arc) ? extensions[arc] : undefined;
  const old = older && Object.hasOwn(extensions, older.arc) ? extensions[older.arc] : undefined;
  const oldForm = old === undefined ? undefined : older?.as(old);
  if (value !== undefined && oldForm !== undefined && value !== oldForm) return undefined;
  return value ?? oldForm;
}

const same = (value: string): string => value;

/** Checks the name: `…/.github/workflows/x.yml@REF` on GitHub, `…//.gitlab-ci.yml@REF` on GitLab. */
function namesFile(name: string, { repository, file }: WorkflowRule, ref: string): boolean {
  return name === `${repository}/${file}@${ref}` || name === `${repository}//${file}@${ref}`;
}

/**
 * Returns true if the certificate matches all fields of the rule. The file that ran and the workflow that was started
 * must both match, because another workflow may call a reusable one.
 */
export function meetsWorkflow(rule: WorkflowRule, signer: Signer): boolean {
  if (signer.kind !== 'uri') return false;
  const prefix = rule.repository.startsWith(GITHUB) ? GITHUB : '';
  const repository = told(signer, '12', { arc: '5', as: (value) => `${prefix}${value}` });
  const ref = told(signer, '14', { arc: '6', as: same });
  const trigger = told(signer, '20', { arc: '2', as: same });
  if (repository !== rule.repository || ref === undefined || trigger === undefined) return false;
  const started = told(signer, '18');
  return (
    matchesRef(rule.ref, ref) &&
    rule.triggers.includes(trigger) &&
    namesFile(signer.value, rule, ref) &&
    (started === undefined || namesFile(started, rule, ref)) &&
    (rule.environment === undefined || told(signer, '23') === rule.environment) &&
    (rule.repositoryId === undefined || told(signer, '15') === rule.repositoryId)
  );
}
