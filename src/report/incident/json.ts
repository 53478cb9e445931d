/** Writes a search for a taken-over account as one JSON document. */

import { isoTime } from '../../core/time.ts';
import { jsonText } from '../json.ts';
import { revocationYaml } from './entry.ts';
import type { IncidentObject, IncidentReport } from './model.ts';

function objectJson({ time, certificate, logEntry, detail, ...object }: IncidentObject): object {
  return {
    ...object,
    time: time === undefined ? null : isoTime(time),
    certificate: certificate?.sha256 ?? null,
    logEntry: logEntry ?? null,
    ...(detail === undefined ? {} : { detail }),
  };
}

/** Returns the document. */
export function incidentJson({
  revocation,
  repositories,
  unexplained,
  vouched,
}: IncidentReport): string {
  const { target, reason } = revocation;
  const account =
    target.kind === 'account'
      ? {
          identity: target.identity,
          issuer: target.issuer,
          from: target.from === undefined ? null : isoTime(target.from),
          until: target.until === undefined ? null : isoTime(target.until),
        }
      : {};
  const document = {
    schemaVersion: 1,
    ...account,
    reason,
    repositories: repositories.map(({ path, objects, hits, unproven, releases }) => ({
      ...{ path, objects, tags: releases },
      hits: hits.map((hit) => ({ ...objectJson(hit), vouched: vouched.has(hit.id) })),
      unclear: unproven.map(objectJson),
    })),
    unexplained:
      unexplained?.map(({ log, index, logged, certificate }) => ({
        ...{ log, index, certificate: certificate.sha256 },
        logged: logged === undefined ? null : isoTime(logged),
      })) ?? null,
    policyEntry: revocationYaml(revocation).join('\n'),
  };
  return `${jsonText(document, 2)}\n`;
}
