/** Writes a search for a taken-over account as one page, in the style of the report of `verify`. It has no script. */

import { markupText } from '../../core/markup.ts';
import { plural } from '../../core/plural.ts';
import { revocationText } from '../../core/policy/revocations.ts';
import { isoTime, utcMinute } from '../../core/time.ts';
import { REPORT_STYLE } from '../html-style.ts';
import { SHORT_ID, shortened } from '../text.ts';
import { revocationYaml } from './entry.ts';
import type { IncidentObject, IncidentReport, RepositoryIncident } from './model.ts';

const MAX_SUBJECT = 200;
const OWN_STYLE = `
pre{background:var(--card);border:1px solid var(--line);border-radius:.35rem;padding:.8rem;overflow-x:auto;
white-space:pre-wrap;overflow-wrap:anywhere}
`;

/** Words and their tones, as the style names them. */
const TONES = { hit: 'bad', vouched: 'ok', unclear: 'warn', elsewhere: 'bad' } as const;

interface Row {
  readonly word: keyof typeof TONES;
  /** Full text of the first column, and what is shown of it. */
  readonly name: readonly [full: string, shown: string];
  readonly what: string;
  readonly why?: string | undefined;
  readonly who: string;
  /** Unix seconds. */
  readonly time?: number | undefined;
}

/** All texts of the row are raw. */
function rowHtml({ word, name: [full, shown], what, why, who, time }: Row): string {
  const when =
    time === undefined
      ? '<time></time>'
      : `<time datetime="${isoTime(time)}">${utcMinute(time)}</time>`;
  const reason = why === undefined ? '' : `<small>${markupText(why)}</small>`;
  return (
    `<li class="row"><code title="${markupText(full)}">${markupText(shown)}</code>` +
    `<span class="what"><b class="t-${TONES[word]}">${word}</b> ${markupText(what)}${reason}</span>` +
    `<span class="who">${markupText(who)}</span>${when}</li>`
  );
}

function objectRow(word: Row['word'], object: IncidentObject): string {
  const { id, type, time, subject, detail, certificate } = object;
  return rowHtml({
    ...{ word, time, why: detail },
    name: [id, id.slice(0, SHORT_ID)],
    what: shortened(type === 'tag' ? `tag: ${subject}` : subject, MAX_SUBJECT),
    who: certificate === undefined ? '' : `certificate ${certificate.sha256.slice(0, 16)}…`,
  });
}

function repositoryHtml(
  { path, objects, hits, unproven, releases }: RepositoryIncident,
  vouched: ReadonlySet<string>,
): string {
  const rows = [
    ...hits.map((hit) => objectRow(vouched.has(hit.id) ? 'vouched' : 'hit', hit)),
    ...unproven.map((object) => objectRow('unclear', object)),
  ];
  const tags = releases.map(({ name, signedByAccount }) => {
    const own = signedByAccount ? ' (signed by this account)' : '';
    return `<li><code>${markupText(name)}</code>${own}</li>`;
  });
  const reaching = tags.length === 0 ? '' : `<p>Tags that reach them:</p><ul>${tags.join('')}</ul>`;
  const count = `${hits.length} of ${plural(objects, 'commit or tag', 'commits and tags')} hit`;
  return `<h2>${markupText(path)}: ${count}</h2>
<ol>${rows.join('')}</ol>${reaching}
`;
}

function unexplainedHtml({ unexplained }: IncidentReport): string {
  if (unexplained === undefined) {
    return '<p class="note">No monitor has read the logs here, so signatures elsewhere are not known.</p>';
  }
  if (unexplained.length === 0) {
    return '<p>The monitor found no signature that your repositories do not explain.</p>';
  }
  const rows = unexplained.map(({ log, index, logged, certificate }) =>
    rowHtml({
      word: 'elsewhere',
      name: [`entry ${index}`, index.slice(-10)],
      what: `entry ${index} of ${log}`,
      who: `certificate ${certificate.sha256}`,
      time: logged ?? certificate.notBefore,
    }),
  );
  return `<ol>${rows.join('')}</ol>`;
}

/** Returns the page. `now` is in Unix seconds. */
export function incidentHtml(report: IncidentReport, now: number, version: string): string {
  const { revocation, repositories, vouched } = report;
  const { target } = revocation;
  const who = target.kind === 'account' ? `${target.identity} (${target.issuer})` : '';
  const hits = repositories.reduce((sum, each) => sum + each.hits.length, 0);
  const left = hits - vouched.size;
  const verdict =
    hits === 0
      ? 'No signature is hit'
      : `${plural(hits, 'signature is', 'signatures are')} hit, ${left} not vouched for`;
  const csp = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`;
  const entry = revocationYaml(revocation).map(markupText).join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">${csp}
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer">
<title>incident: ${markupText(who)}</title>
<style>${REPORT_STYLE}${OWN_STYLE}</style></head><body>
<header class="${left === 0 ? 'ok' : 'bad'}"><p>${markupText(who)}</p>
<h1>${verdict}</h1><p>${markupText(revocationText(revocation))}; ${utcMinute(now)} UTC; git-signet ${markupText(version)}</p></header>
${repositories.map((each) => repositoryHtml(each, vouched)).join('')}<h2>Elsewhere in the logs</h2>
${unexplainedHtml(report)}
<h2>For .signet.yaml, with a larger sequence</h2>
<pre>${entry}</pre>
</body></html>
`;
}
