/** Writes a search for a taken-over account for a person at a terminal. Hostile text is escaped. */

import { visible } from '../../core/escape.ts';
import { plural } from '../../core/plural.ts';
import { revocationText } from '../../core/policy/revocations.ts';
import { utcTime } from '../../core/time.ts';
import { SHORT_ID, shortened } from '../text.ts';
import { revocationYaml } from './entry.ts';
import type { IncidentObject, IncidentReport, RepositoryIncident } from './model.ts';

const MAX_SUBJECT = 60;

function row(word: string, { id, type, time, subject, detail }: IncidentObject): string {
  const when = time === undefined ? 'no proven time'.padEnd(20) : utcTime(time);
  const why = detail === undefined ? '' : `  ${detail}`;
  const short = id.slice(0, SHORT_ID);
  const title = shortened(subject, MAX_SUBJECT);
  return `${word.padEnd(8)}  ${short}  ${when}  ${type.padEnd(6)}  ${title}${why}`;
}

function repositoryLines(
  { path, objects, hits, unproven, releases }: RepositoryIncident,
  vouched: ReadonlySet<string>,
): readonly string[] {
  const tags = releases.map(({ name, signedByAccount }) =>
    signedByAccount ? `${name} (signed by this account)` : name,
  );
  return [
    `${path}: ${hits.length} of ${plural(objects, 'commit or tag', 'commits and tags')} hit`,
    ...hits.map((hit) => row(vouched.has(hit.id) ? 'vouched' : 'hit', hit)),
    ...unproven.map((object) => row('unclear', object)),
    ...(tags.length === 0 ? [] : [`tags that reach them: ${tags.join(', ')}`]),
    '',
  ];
}

function unexplainedLines({ unexplained }: IncidentReport): readonly string[] {
  if (unexplained === undefined) {
    return ['logs: no monitor has read them here, so signatures elsewhere are not known', ''];
  }
  if (unexplained.length === 0) {
    return ['logs: the monitor found no signature that your repositories do not explain', ''];
  }
  const rows = unexplained.map(({ log, index, logged, certificate }) => {
    const when = utcTime(logged ?? certificate.notBefore);
    return `elsewhere  ${when}  ${log} ${index}  certificate ${certificate.sha256}`;
  });
  return [`logs: ${plural(rows.length, 'signature')} that no repository explains`, ...rows, ''];
}

/** Returns the whole text. */
export function incidentText(report: IncidentReport): string {
  const { revocation, repositories, vouched } = report;
  const { target } = revocation;
  const who = target.kind === 'account' ? `${target.identity} (${target.issuer})` : '';
  const hits = repositories.flatMap((each) => each.hits);
  const subjects = new Map(
    hits.map(({ id, subject }) => [id, visible(shortened(subject, MAX_SUBJECT))]),
  );
  const lines = [
    who,
    revocationText(revocation),
    '',
    ...repositories.flatMap((each) => repositoryLines(each, vouched)),
    ...unexplainedLines(report),
    'merge this into .signet.yaml, with a larger sequence:',
    '',
  ];
  // the entry is escaped by its own rules, and must stay as it is
  return `${[...lines.map(visible), ...revocationYaml(revocation, subjects)].join('\n')}\n`;
}
