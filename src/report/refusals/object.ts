/** Codes of the checks of object, CMS, content and signature. */

import type { ReasonCode } from '../../core/verdict.ts';
import type { RefusalPage } from './page.ts';

const RESIGN = [
  'sign your own commits of the branch again',
  'git signet resign origin/main..HEAD',
] as const;
const RESTATE = ['ask the signer to make the statement again'] as const;
const FRESH = ['verify in a fresh clone', 'git clone URL'] as const;
const ASK_AUTHOR = ['ask the author to sign it again, and compare the two contents'] as const;

export const OBJECT_PAGES = {
  unsigned: {
    means: 'The commit or tag has no signature.',
    why: [
      'git was not set up to sign, or a library wrote the commit by itself.',
      'A rebase, an amend or a squash in a tool that does not sign removed the signature.',
    ],
    mend: [
      ['set git up', 'git signet init --global'],
      RESIGN,
      [
        'some libraries and tools never sign: start git instead, or let them sign by their own setting',
      ],
    ],
    example: 'the commit has no signature',
  },
  'signature-kind-unsupported': {
    means:
      'It is an SSH or OpenPGP signature, or one of an unknown kind, and no policy pins its key.',
    why: ['The author signs with a stored key. Such a signature says nothing about a login.'],
    mend: [
      ['add the key to the policy: the message holds the line to add'],
      [
        'see why a commit is judged as it is',
        'git signet policy explain --policy-from origin/main HEAD',
      ],
    ],
    example: 'the signature is of no known kind',
  },
  'object-id-mismatch': {
    means: 'The bytes of the object do not have the hash by which it was asked for.',
    why: [
      'The clone is damaged, or a cache or share gave another object.',
      'Somewhere an object was replaced on disk. git hashes what it fetches, but not what it reads later.',
    ],
    mend: [FRESH, ['check the clone', 'git fsck --full']],
    example: 'the object is not 4f2a91c',
  },
  'object-malformed': {
    means: 'git would read another object than the one that was signed.',
    why: [
      'A very old or unusual tool wrote headers in another order.',
      'A header was moved or added so that git shows something else than what was signed.',
    ],
    mend: [
      ['do not merge it, and ask the author for a new commit'],
      [
        'let git refuse such objects when it fetches',
        'git config --global transfer.fsckObjects true',
      ],
    ],
    example: 'git would read another object than the signed one',
  },
  'object-too-large': {
    means: 'The commit or tag is over 32 MiB, so it was not read.',
    why: ['A commit message of this size is a mistake or an attack. Files are not counted.'],
    mend: [['make the commit again with a shorter message', 'git commit --amend']],
    example: 'the object is larger than 33554432 bytes (40000000)',
  },
  'tag-name-differs': {
    means: 'The ref has another name than the tag that it points to.',
    why: [
      'The ref was renamed or copied after the tag was signed.',
      'An older signed tag was published under the name of a new release.',
    ],
    mend: [
      ['do not use the release, and ask its maker'],
      ['as its maker, sign the tag under its own name', 'git tag -s v1.2 COMMIT'],
    ],
    example: 'the ref is refs/tags/v2, but the tag calls itself v1',
  },
  'bundle-malformed': {
    means: 'The bundle of a statement is not a well-formed Sigstore bundle (v0.3).',
    why: [
      'The file was damaged, or a tool added fields that this program does not know.',
      'A field stands twice, so that two readers would read two bundles.',
    ],
    mend: [RESTATE, ['look at the file', 'git cat-file -p REF:PATH']],
    example: 'the bundle is malformed: `dsseEnvelope` has an unknown `note`',
  },
  'bundle-unsupported': {
    means: 'The bundle has a form that says more or less than one signed statement.',
    why: [
      'Another program made it: with an older version, with a bare key, or with several signatures.',
      'It is the signature of a file and not of a statement.',
    ],
    mend: [RESTATE, ['verify it with the program that made it']],
    example: 'the bundle is signed by a bare key',
  },
  'summary-missing': {
    means: 'There is no verification summary of this commit or tag here.',
    why: [
      'No run over this very commit signed a summary. A summary of a later commit does not count for it.',
      'The summaries were not fetched: git fetches them only if you name their refs.',
    ],
    mend: [
      ['fetch them', "git fetch origin '+refs/attestations/*:refs/attestations-from/origin/*'"],
      ['if you have a summary in a file, name it with `--vsa FILE`'],
    ],
    example: 'there is no verification summary of 4f2a91c0b7d3e6a58c19f02d7b34e8a6c5d10f92',
  },
  'statement-malformed': {
    means: 'The signed content is no in-toto statement about a commit, tag or tree.',
    why: [
      'The statement is about a file or an image. Its subjects have other digests than gitCommit, gitTag and gitTree.',
      'A field is unknown or stands twice, so that two readers would read two statements.',
    ],
    mend: [RESTATE],
    example: 'the statement is malformed: it has a name twice in one object',
  },
  'statement-subject-differs': {
    means:
      'The statement is good, but it is about another object than the one that it is kept for.',
    why: [
      'The object was rewritten after it was attested, and the statement was moved to the new hash.',
      'A statement about good code was copied to other code: this is a forgery.',
    ],
    mend: [RESTATE],
    example:
      'the statement is about the commit a1b2c3d4e5f60718293a4b5c6d7e8f9001122334, and not about the commit 00112233445566778899aabbccddeeff00112233',
  },
  'statement-without-evidence': {
    means: 'The statement has a signature, but nothing tells who made it or when.',
    why: [
      '`gitsign attest` stores neither the certificate nor the log entry, so no program can verify it.',
    ],
    mend: [RESTATE],
    example:
      'gitsign wrote it: no certificate and no log entry are stored with it, so it proves nothing',
  },
  'armor-malformed': {
    means: 'The text around the signature cannot be read.',
    why: [
      'A tool changed line ends or blank lines inside the signature.',
      'Text was added before or behind the signature.',
    ],
    mend: [RESIGN, ['look at the raw object', 'git cat-file -p HEAD']],
    example: 'the signature is not one armored block',
  },
  'cms-malformed': {
    means: 'The signature is not a well-formed CMS message (RFC 5652).',
    why: ['The signature was damaged, or a program wrote it in another encoding than DER.'],
    mend: [RESIGN],
    example: 'content type or message digest is missing from the signed attributes',
  },
  'cms-unsupported': {
    means: 'The CMS message has a form that gitsign and git-signet never write.',
    why: [
      'Another program made it, with another algorithm or with content inside.',
      'Content inside a signature could replace what git shows, so it is refused.',
    ],
    mend: [['sign with git-signet or gitsign', 'git signet resign origin/main..HEAD']],
    example: 'the algorithm is not ECDSA P-256 with SHA-256',
  },
  'signer-ambiguous': {
    means: 'The message has no signer, or more than one, so it does not say who signed.',
    why: ['A program added a second signature, or the certificate of the signer is missing.'],
    mend: [RESIGN],
    example: 'the message has 2 signers instead of one',
  },
  'certificate-malformed': {
    means: 'The certificate of the signer cannot be read.',
    why: ['It was damaged, or a program wrote it in another encoding than DER.'],
    mend: [RESIGN],
    example: 'bytes after the element',
  },
  'content-digest-differs': {
    means: 'The commit or tag is not what was signed.',
    why: [
      'A tool rewrote the commit and kept the old signature.',
      'The content was changed after it was signed: this is a forgery.',
    ],
    mend: [ASK_AUTHOR, RESIGN],
    example: 'the content is not what was signed (content digest differs)',
  },
  'signature-invalid': {
    means:
      'The signature was not made with the key of the certificate or with the key that it names.',
    why: ['The signature was damaged, or it was taken from another object.'],
    mend: [ASK_AUTHOR, RESIGN],
    example: 'the signature does not verify',
  },
} as const satisfies Partial<Record<ReasonCode, RefusalPage>>;
