/**
 * Writes a signed commit or tag as an in-toto Statement v1
 * (github.com/in-toto/attestation/blob/main/spec/v1/statement.md). It uses gitsign's predicates, so that readers of
 * `gitsign show` can read it. gitsign spells `type` and `predicate_type`. The names here are the specification's.
 */

import { fromUtf8Lossy, toBase64 } from '../core/bytes.ts';
import { headerOf } from '../core/git/header.ts';
import { messageOf } from '../core/git/signed-object.ts';
import type { SignatureFacts } from '../core/signature-facts.ts';
import { certificatePem } from '../core/x509/certificate.ts';
import { peopleOf, shownPerson } from './json.ts';

const STATEMENT = 'https://in-toto.io/Statement/v1';
const PREDICATES = {
  commit: 'https://gitsign.sigstore.dev/predicate/git/v0.1',
  tag: 'https://gitsign.sigstore.dev/predicate/tag/v0.1',
} as const;

export interface InTotoStatement {
  readonly _type: typeof STATEMENT;
  readonly subject: readonly {
    readonly name?: string | undefined;
    readonly digest: Readonly<Record<string, string>>;
  }[];
  readonly predicateType: string;
  readonly predicate: Readonly<Record<string, unknown>>;
}

/** Removes user, password, query and fragment from a remote's address, because the statement is published (F7). */
export function withoutCredentials(url: string): string {
  const parsed = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? URL.parse(url) : null;
  if (parsed !== null) {
    parsed.username = '';
    parsed.password = '';
    parsed.search = '';
    parsed.hash = '';
    return parsed.href;
  }
  return url.replace(/^[^@/\s]*@(?=[^/\s]+:)/, '');
}

/** Drops empty fields, as gitsign does. */
function filled(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => {
      return value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);
    }),
  );
}

function source({ payload }: SignatureFacts): Readonly<Record<string, unknown>> {
  const header = headerOf(payload);
  const message = fromUtf8Lossy(messageOf(payload));
  if (header?.type === 'commit') {
    const { tree, parents } = header;
    return filled({ tree, parents, ...peopleOf(header), message });
  }
  if (header === undefined) return filled({ message });
  const { target, targetType, name, encoding } = header;
  const tagger = shownPerson(header.tagger, encoding);
  const tag = fromUtf8Lossy(name);
  return filled({ object: target, object_type: targetType, tag, tagger, message });
}

function digestOf({ id, type }: SignatureFacts): Readonly<Record<string, string>> {
  const own = type === 'tag' ? { gitTag: id } : { gitCommit: id };
  return id.length === 40 ? { sha1: id, ...own } : own;
}

/** Returns the statement about one signed object. `name` says where it comes from, e.g. the remote's address. */
export function inTotoStatement(facts: SignatureFacts, name: string | undefined): InTotoStatement {
  const { signer } = facts.message;
  return {
    _type: STATEMENT,
    subject: [{ name, digest: digestOf(facts) }],
    predicateType: PREDICATES[facts.type],
    predicate: {
      source: source(facts),
      signature: fromUtf8Lossy(facts.armor),
      signer_info: [
        {
          attributes: toBase64(signer.signedAttrs),
          certificate: certificatePem(signer.certificate.der),
        },
      ],
    },
  };
}
