/**
 * Whether a certificate is a workflow's own (threat P09). Fulcio says where the job came from in extensions
 * (https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md: .12 repository, .14 ref, .15 its number, .18 the
 * workflow that was started, .20 trigger, .23 environment; .2, .5, .6 are the older forms of trigger, repository and
 * ref) and whose file ran in the name itself.
 */

import type { Signer } from '../verdict.ts';
import type { WorkflowRule } from './model.ts';
import { matchesRef } from './patterns.ts';

/** Issuer of the tokens of GitHub's workflows, where a policy names none. */
export const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com';
export const GITHUB = 'https://github.com/';

/** The value of an extension and of its older form: there must be one, and both must agree. */
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

/** `…/.github/workflows/x.yml@REF` on GitHub, `…//.gitlab-ci.yml@REF` on GitLab. */
function namesFile(name: string, { repository, file }: WorkflowRule, ref: string): boolean {
  return name === `${repository}/${file}@${ref}` || name === `${repository}//${file}@${ref}`;
}

/**
 * True when everything that the rule binds is what the certificate says. The file that ran and the workflow that was
 * started must both be the rule's: a reusable workflow has a caller, and the caller's word is not its own.
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
