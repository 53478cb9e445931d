/** Codes of the checks of log, time, certificate path, SCT and trust root. */

import type { ReasonCode } from '../../core/verdict.ts';
import type { RefusalPage } from './page.ts';

const RESIGN = [
  'sign your own commits of the branch again',
  'git signet resign origin/main..HEAD',
] as const;
const UPDATE = ['get the newest trust root', 'git signet trust update'] as const;
const SHOW_TRUST = ['see which servers are trusted', 'git signet trust show'] as const;
const OTHER_SIGSTORE = [
  'if another Sigstore made it, trust that one',
  'git signet trust init --mirror URL --root FILE',
] as const;
const CLOCK = ['check the clock and the servers', 'git signet doctor'] as const;
const TELL_OPERATOR = ['if it happens again, tell the operator of the log'] as const;
const SUSPECT = ['do not merge it before you know how it was made'] as const;

export const EVIDENCE_PAGES = {
  'log-entry-absent': {
    means: 'The signature holds no log entry, and the log was not asked.',
    why: [
      'gitsign signed it in its online mode, and git-signet runs with signet.offline or --offline.',
    ],
    mend: [['verify with a network', 'git signet verify --policy-from origin/main HEAD'], RESIGN],
    example: 'the signature holds no log entry, and the log is not asked (offline)',
  },
  'log-entry-not-found': {
    means: 'The log answered, and it holds no entry for this signature.',
    why: [
      'The signature was made for another Sigstore, or signing was cut off before the log answered.',
      'The signature was made in secret: what is in no log cannot be noticed by its owner.',
    ],
    mend: [RESIGN, OTHER_SIGSTORE],
    example: 'the log holds no entry for this signature',
  },
  'log-unreachable': {
    means: 'The signature holds no log entry, and the log could not be reached.',
    why: ['The network, a proxy or the log is down. This says nothing about the signature.'],
    mend: [
      ['see what cannot be reached', 'git signet doctor'],
      [
        'try again later, or sign again so that the signature holds its entry',
        'git signet resign origin/main..HEAD',
      ],
    ],
    example: 'not in the signature, and the log could not be reached (connection refused)',
  },
  'log-entry-malformed': {
    means: 'The log entry in the signature cannot be read.',
    why: ['It was damaged, or a program wrote fields that no log writes.'],
    mend: [RESIGN],
    example: 'the entry and its proof have different indexes',
  },
  'log-entry-unsupported': {
    means: 'The log entry is of a kind that git-signet does not know.',
    why: ['A newer program made it, or an early development build did.'],
    mend: [
      ['see the version of this program, and look for a newer one', 'git signet version'],
      RESIGN,
    ],
    example: 'the log entry has an unknown form',
  },
  'log-unknown': {
    means: 'The log is not in the trust root, or it was not trusted at that time.',
    why: ['Another Sigstore made the signature, or the trust root here is older than the log.'],
    mend: [UPDATE, OTHER_SIGSTORE, SHOW_TRUST],
    example: 'log 75ed2035db6fa659 is not in the trust root',
  },
  'log-entry-mismatch': {
    means: 'The log entry is about another signature.',
    why: [
      'A tool copied the entry of another commit.',
      'A genuine entry was put into a signature that is in no log.',
    ],
    mend: [SUSPECT, RESIGN],
    example: 'the log entry is not about this signature',
  },
  'inclusion-proof-invalid': {
    means: 'The proof that the entry is in the log does not hold.',
    why: ['The proof was damaged, or it belongs to another entry or another state of the log.'],
    mend: [SUSPECT, RESIGN, TELL_OPERATOR],
    example: 'the inclusion proof is not of this entry',
  },
  'checkpoint-invalid': {
    means: 'The state of the log that the proof leads to is not signed by the log.',
    why: ['The checkpoint was damaged, or it belongs to another log.'],
    mend: [UPDATE, SUSPECT, TELL_OPERATOR],
    example: 'the checkpoint is not signed by the log',
  },
  'inclusion-promise-invalid': {
    means: "The log's signed promise (SET), which also states the time, does not hold.",
    why: ['The time or the promise was changed, or the log has another key now.'],
    mend: [UPDATE, SUSPECT],
    example: 'the signed entry timestamp does not verify',
  },
  'time-missing': {
    means: 'No trusted server states when the signature was made.',
    why: [
      'The log vouches for no time (Rekor v2), and there is no timestamp by a trusted authority.',
    ],
    mend: [
      ['sign again with a timestamp', 'git config --global signet.timestamp always'],
      SHOW_TRUST,
    ],
    example: 'neither the log nor a timestamp authority vouches for the time',
  },
  'time-in-future': {
    means: 'The signature was made later than the clock of this machine says it is.',
    why: ['The clock here is slow. It may be wrong by five minutes.'],
    mend: [CLOCK],
    example: 'the proven time lies in the future',
  },
  'timestamp-invalid': {
    means: 'The timestamp (RFC 3161) does not hold.',
    why: ['It was damaged, or it is about another signature.'],
    mend: [SUSPECT, RESIGN],
    example: 'the token is over another signature',
  },
  'timestamp-untrusted': {
    means: 'The timestamp is not by an authority that is trusted at that time.',
    why: [
      'Another Sigstore made the signature, or the trust root here is older than the authority.',
    ],
    mend: [UPDATE, OTHER_SIGSTORE],
    example: 'no trusted timestamp authority made the token within its dates',
  },
  'issuer-untrusted': {
    means: 'No trusted certificate authority issued the certificate.',
    why: [
      'Another Sigstore made the signature, or the trust root here is older than the authority.',
    ],
    mend: [OTHER_SIGSTORE, UPDATE, SHOW_TRUST],
    example: 'no trusted certificate authority issued the certificate',
  },
  'foreign-issuer': {
    means: 'It is an S/MIME signature by a certificate of a company or another authority.',
    why: ['The author signs with smimesign or gpgsm. git asks one program for both kinds.'],
    mend: [
      [
        'name the program that checks such signatures',
        'git config --global signet.x509Fallback gpgsm',
      ],
    ],
    example: 'it is an S/MIME signature by a certificate that Fulcio did not issue',
  },
  'certificate-expired-at-signing': {
    means: 'The certificate, or its authority, was not valid when the signature was made.',
    why: [
      'The clock of a server was wrong, or signing took longer than the ten minutes of the certificate.',
      'A key was used after its certificate had ended.',
    ],
    mend: [CLOCK, RESIGN],
    example: 'the certificate, or its authority, was not valid at the time of signing',
  },
  'certificate-unsuitable': {
    means: 'The certificate is not meant for signing code.',
    why: [
      'It was issued for another purpose, or it has an extension that git-signet must understand and does not.',
    ],
    mend: [['if the authority is your own, correct its template'], RESIGN],
    example: 'a CA certificate is no signer',
  },
  'identity-ambiguous': {
    means: 'The certificate does not name exactly one identity with one issuer.',
    why: ['The certificate authority is configured in another way than Fulcio.'],
    mend: [['if the authority is your own, let it write one name and one issuer'], RESIGN],
    example: 'the certificate has 2 names instead of one',
  },
  'sct-missing': {
    means: 'The certificate holds no proof that it is in a certificate transparency log.',
    why: ['The certificate authority has no CT log, or it issued the certificate in secret.'],
    mend: [
      [
        'if your own Sigstore has no CT log, say so for that Sigstore',
        'git signet trust init --from FILE --no-ct-log',
      ],
    ],
    example: 'the certificate holds no signed certificate timestamp',
  },
  'sct-invalid': {
    means: 'No trusted CT log vouches for the certificate.',
    why: ['Another Sigstore made the signature, or the trust root here is older than the CT log.'],
    mend: [UPDATE, OTHER_SIGSTORE],
    example: 'no signed certificate timestamp is by a trusted log',
  },
  'no-trust-material': {
    means: 'The trust root names no server of the kind that is needed, so nothing can be decided.',
    why: ['The trust root is empty or not complete, or a file of keys was named that lacks one.'],
    mend: [SHOW_TRUST, OTHER_SIGSTORE],
    example: 'the trust root names no transparency log',
  },
} as const satisfies Partial<Record<ReasonCode, RefusalPage>>;
