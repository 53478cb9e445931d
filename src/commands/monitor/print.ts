/** Prints what the monitor found: sentences for a person, and one JSON object a line for a program. Every text of a certificate is escaped. */

import { visible } from '../../core/escape.ts';
import { isoTime, utcTime } from '../../core/time.ts';
import type { LieKind } from '../../monitor/follow.ts';
import type { LoggedSignature } from '../../monitor/logged-signature.ts';
import type { MonitorEvent } from '../../monitor/run.ts';
import { shellWord } from '../../system/shell.ts';

type Unexplained = Extract<MonitorEvent, { readonly event: 'unexplained-entry' }>;

/** What Fulcio writes of a workflow into its certificate, by the last arc of the extension. */
const CLAIMS: Readonly<Record<string, string>> = {
  '12': 'repository',
  '14': 'ref',
  '13': 'commit',
  '18': 'workflow',
  '20': 'trigger',
  '21': 'run',
  '11': 'runner',
};

function claimsOf({
  signer: { extensions },
}: LoggedSignature): readonly (readonly [string, string])[] {
  return Object.entries(CLAIMS).flatMap(([arc, name]) => {
    const value = Object.hasOwn(extensions, arc) ? extensions[arc] : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
}

function whenOf({ logged, certificate: { notBefore, notAfter } }: LoggedSignature): string {
  if (logged !== undefined) return `logged ${utcTime(logged)}`;
  return `between ${utcTime(notBefore)} and ${utcTime(notAfter)}, when the certificate was valid`;
}

function whyOf({ ledger, ledgerBegins }: Unexplained): string {
  if (ledger === 'none')
    return 'unexplained: no named repository holds it, and there is no ledger here';
  const since = ledgerBegins === undefined ? '' : utcTime(ledgerBegins);
  return ledger === 'begins-later'
    ? `unexplained: no named repository holds it, and the ledger here begins only ${since}`
    : `unexplained: no named repository holds it, nor does the ledger here, which begins ${since}`;
}

/** Returns the call that lists what the same login may have signed. Another certificate may have come before this one. */
function incidentOf({ signer, certificate }: LoggedSignature): string {
  const whom = `--identity ${shellWord(visible(signer.value))} --issuer ${shellWord(visible(signer.issuer))}`;
  return `git signet incident ${whom} --from ${isoTime(certificate.notBefore)}`;
}

function unexplainedLines(event: Unexplained): readonly string[] {
  const { entry } = event;
  const { signer, certificate, digest } = entry;
  const rows: readonly (readonly [string, string])[] = [
    ['log', `${entry.log}, entry ${entry.index} (${entry.kind})`],
    ['when', whenOf(entry)],
    ['certificate', `SHA-256 ${certificate.sha256}`],
    ...(digest === undefined ? [] : [['signed', `data of digest ${digest}`] as const]),
    ...claimsOf(entry),
    ['why', whyOf(event)],
    ['mine?', 'if you signed on another machine, or rebased it away since, there is nothing to do'],
    ['not mine?', `end all sessions at ${signer.issuer}, then run: ${incidentOf(entry)}`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    `a signature as ${signer.value} (${signer.issuer}) that is not known here`,
    ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`),
  ];
}

/** What the first line calls each contradiction, and what it means for a reader who sees it for the first time. */
const LIES: Readonly<Record<LieKind, { readonly headline: string; readonly meaning: string }>> = {
  'foreign-checkpoint': {
    headline: 'NOT THIS LOG',
    meaning: 'another log answers at its address, or its answer was altered',
  },
  forked: {
    headline: 'THE LOG LIES',
    meaning: 'it shows different entries to different readers',
  },
  shortened: {
    headline: 'THE LOG WENT BACK',
    meaning: 'entries that it took in are gone. If it only lags, the next run is silent',
  },
  'not-continued': {
    headline: 'THE LOG LIES',
    meaning: 'entries that it took in were changed or removed',
  },
  'another-tree': {
    headline: 'THE LOG LIES',
    meaning: 'entries that it took in can no longer be read',
  },
  'not-in-tree': {
    headline: 'THE LOG LIES',
    meaning: 'the entries that it serves are not those that it signed',
  },
};

function linesOf(event: MonitorEvent): readonly string[] {
  switch (event.event) {
    case 'unexplained-entry':
      return unexplainedLines(event);
    case 'unreadable-entry': {
      const { entry } = event;
      return [
        `entry ${entry.index} of ${entry.log} names a watched identity and cannot be read (leaf ${entry.leaf})`,
      ];
    }
    case 'lying-log':
      return [
        `${LIES[event.kind].headline}: ${event.log}: ${event.detail}`,
        `  it means: ${LIES[event.kind].meaning}`,
        `  evidence: ${event.evidence}`,
        '  next: keep the file, show it to the operator of the log and to others who read it, and do not sign until that is settled',
      ];
    case 'unread-log':
      return [
        `not read to its end: ${event.log}: ${event.detail}`,
        ...(event.hint === undefined ? [] : [`  ${event.hint}`]),
      ];
  }
}

/** Returns the sentences for an event, with a line end after each. */
export function eventText(event: MonitorEvent): string {
  return `${linesOf(event).map(visible).join('\n')}\n`;
}

/** Returns one line that says what happened, escaped. */
export function eventSummary(event: MonitorEvent): string {
  return visible(linesOf(event)[0] ?? '');
}

/** Returns an event as JSON without line breaks: schemaVersion 1, times in ISO 8601. */
export function eventJson(event: MonitorEvent): string {
  return JSON.stringify({ schemaVersion: 1, ...plainEvent(event) });
}

function plainEvent(event: MonitorEvent): object {
  if (event.event !== 'unexplained-entry') return event;
  const { entry, ledger, ledgerBegins } = event;
  const { certificate, logged } = entry;
  const time = (seconds: number | undefined): string | null =>
    seconds === undefined ? null : isoTime(seconds);
  return {
    event: event.event,
    entry: {
      ...entry,
      logged: time(logged),
      certificate: {
        ...certificate,
        notBefore: time(certificate.notBefore),
        notAfter: time(certificate.notAfter),
      },
    },
    ledger,
    ledgerBegins: time(ledgerBegins),
  };
}
