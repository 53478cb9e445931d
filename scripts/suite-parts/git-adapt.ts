/**
 * Puts git-signet into the place of gpgsm in git's tests: line by line rules, made on a copy when the suite runs. A rule
 * that finds nothing in a script it is for is an error: the suite has changed then, and would test something else.
 */

/** The variable that names our program; git's tests clear all that begin with GIT_. */
export const X509_PROGRAM = 'X509_SUITE_PROGRAM';

/** A trust root that is not there: what a missing key is to gpgsm. */
const NO_TRUST = 'SIGNET_TRUST=absent.json';

interface Rule {
  readonly find: RegExp;
  readonly put: string;
}

const GOOD = 'git-signet: good signature by committer@example.com';
const BAD = 'git-signet: BAD signature';

/** What gpgsm says, in our words; and the certificate of the fixture, which is not ours. */
const WORDS: Readonly<Record<string, readonly Rule[]>> = {
  't7030-verify-tag.sh': [
    { find: /"Good signature from"/, put: `"${GOOD}"` },
    { find: /"BAD signature from"/, put: `"${BAD}"` },
  ],
  't5534-push-signed.sh': [
    { find: /SIGNER=\/CN=C O Mitter\/O=Example.*$/, put: 'SIGNER=' },
    { find: /key=\$\(cut .*trustlist\.txt.*$/, put: 'key=$(signet_key <dst/push-cert) &&' },
    {
      find: /sed -e "s\/\^KEY=\/KEY=\$\{key\}\/" expect\.in/,
      put: 'sed -e "s/^KEY=/KEY=$key/" -e "s|^SIGNER=|&committer@example.com ($GITSIGN_OIDC_ISSUER)|" expect.in',
    },
  ],
  't4202-log.sh': [
    { find: /gpgsm: Signature made" actual &&$/, put: 'git-signet: " actual &&' },
    { find: /gpgsm: Good signature/, put: GOOD },
    { find: /gpgsm: invalid signature/, put: BAD },
    { find: /gpgsm: certificate not found/, put: 'git-signet: absent.json' },
    { find: /^\tGNUPGHOME=\. git /, put: `\t${NO_TRUST} git ` },
    // there is no key above the certificate: both fields of VALIDSIG name it
    {
      find: /"[0-9A-F]{40} \| "/,
      put: '"$(signet_fingerprint signed-x509) | $(signet_fingerprint signed-x509)"',
    },
  ],
};

/** Begins a test that needs gpgsm, and its last line. */
const TEST = /^test_expect_success (\S*GPGSM\S*) /;
const END = /^'$/;

/** Applies `rules` to the lines of tests that need gpgsm. @throws Error for a rule that finds nothing */
function reworded(text: string, file: string): string {
  const rules = WORDS[file] ?? [];
  const used = new Set<Rule>();
  let inside = false;
  const lines = text.split('\n').map((line) => {
    if (TEST.test(line)) inside = true;
    if (END.test(line)) inside = false;
    if (!inside) return line;
    return rules.reduce((before, rule) => {
      if (!rule.find.test(before)) return before;
      used.add(rule);
      return before.replace(rule.find, rule.put);
    }, line);
  });
  const idle = rules.filter((rule) => !used.has(rule));
  if (idle.length > 0) throw new Error(`${file}: nothing is like ${idle[0]?.find}`);
  return lines.join('\n');
}

/** A script of git's suite as it is run here. @throws Error where the suite is not as the rules know it */
export const adaptScript = (file: string, text: string): string => reworded(text, file);

/** What takes the place of the prerequisite that makes gpgsm's keys: one signature, which the program must make. */
const OURS = (name: string): string => `test_lazy_prereq ${name} '
	printf "tree %040d\\nauthor A <a@x.test> 1 +0000\\ncommitter A <a@x.test> 1 +0000\\n\\nx\\n" 0 |
	"$${X509_PROGRAM}" --status-fd=2 -bsau committer@example.com >/dev/null
'
`;

const HELPERS = `
git config --global gpg.x509.program "$${X509_PROGRAM}"

# SHA-1 of the certificate in a signature, by OpenSSL
signet_key () {
	sed -n "/BEGIN SIGNED/,/END SIGNED/{/SIGNED/d;p;}" | openssl base64 -d | openssl pkcs7 -inform DER -print_certs |
	openssl x509 -noout -fingerprint -sha1 | sed "s/.*=//;s/://g" | tr A-F a-f
}
signet_fingerprint () {
	git cat-file commit "$1" | sed -n "s/^gpgsig //;/BEGIN SIGNED/,/END SIGNED/{s/^ //;p;}" | signet_key
}
`;

/** `name`'s definition of the library taken out. @throws Error where it is not there */
function without(name: string, text: string): string {
  const start = text.indexOf(`test_lazy_prereq ${name} '\n`);
  const end = text.indexOf("\n'\n", start);
  if (start < 0 || end < 0) throw new Error(`lib-gpg.sh: no prerequisite ${name}`);
  return text.slice(0, start) + text.slice(end + 3);
}

/**
 * git's lib-gpg.sh with our program. `everything`: scripts that ask for gpg sign with ours too, in the x509 format.
 * @throws Error where it is not as it was
 */
export function adaptLibrary(text: string, everything: boolean): string {
  if (!everything) return without('GPGSM', text) + HELPERS + OURS('GPGSM');
  return `${without('GPG', text)}${HELPERS}git config --global gpg.format x509\n${OURS('GPG')}`;
}
