/**
 * The architecture laws of the project as functions from sources to violations, so that a test can also feed them a
 * tree that breaks one and see it caught.
 */

import {
  importsOf,
  type Node,
  nodesOf,
  type Sources,
  staticClosure,
} from '../../scripts/imports.ts';

const MAX_FILE = 285;
/** Files that hold one idea which is longer than that. */
const LONG_FILES: ReadonlyMap<string, number> = new Map([
  // the states of a login, and all that leads from one to another
  ['src/agent/daemon/credentials.ts', 400],
]);
const MAX_FUNCTION = 60;

/** The rooms of `src`, from the door to the ground: each imports from lower rows only, and not from its neighbours. */
const FLOORS: readonly (readonly string[])[] = [
  ['main'],
  ['dispatch', 'error-exit'],
  ['commands', 'gpgsm', 'index'],
  ['gate', 'agent', 'monitor'],
  ['statements'],
  ['report', 'cli'],
  ['signing'],
  ['login'],
  ['services'],
  ['trust', 'archive', 'store'],
  ['http'],
  ['settings'],
  ['git'],
  ['system'],
  ['core'],
  ['errors'],
];

/** Stands beside the house; a command loads it on use. */
const SANDBOX_MAY = ['sandbox', 'core', 'errors'];

function roomOf(path: string): string {
  return (path.split('/')[1] ?? '').replace(/\.(ts|json)$/, '');
}

function floorOf(room: string): number {
  return FLOORS.findIndex((rooms) => rooms.includes(room));
}

/** Imports point down. */
export function upwardImports(sources: Sources): readonly string[] {
  return importsOf(sources)
    .filter(({ to }) => to.startsWith('src/'))
    .filter(({ from, to, lazy, typeOnly }) => {
      const [here, there] = [roomOf(from), roomOf(to)];
      if (here === there) return false;
      if (here === 'sandbox') return !SANDBOX_MAY.includes(there);
      if (there === 'sandbox') return here !== 'commands' || (!lazy && !typeOnly);
      return floorOf(here) < 0 || floorOf(there) <= floorOf(here);
    })
    .map(({ from, to }) => `${from} imports ${to}`);
}

/** Files that reach themselves, by imports of any kind: each with the files that it must be read together with. */
export function circles(sources: Sources): readonly string[] {
  const next = Map.groupBy(
    importsOf(sources).filter(({ to }) => to.startsWith('src/')),
    ({ from }) => from,
  );
  const reachedFrom = (start: string): ReadonlySet<string> => {
    const reached = new Set<string>();
    const open = [start];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const { to } of next.get(at) ?? []) {
        if (!reached.has(to)) open.push(to);
        reached.add(to);
      }
    }
    return reached;
  };
  const reached = new Map([...sources.keys()].map((path) => [path, reachedFrom(path)] as const));
  return [...reached]
    .filter(([path, beyond]) => beyond.has(path))
    .map(([path, beyond]) => {
      const circle = [...beyond].filter((to) => to !== path && reached.get(to)?.has(path));
      return `${path} is in a circle with ${circle.sort().join(', ')}`;
    });
}

/** Names of exported types that mean more than one type in the tree. */
export function ambiguousTypes(sources: Sources): readonly string[] {
  const exported = [...sources].flatMap(([path, text]) =>
    nodesOf(text).flatMap((node) => {
      const declared =
        node.type === 'ExportNamedDeclaration' ? (node['declaration'] as Node) : null;
      const kinds = /^(?:TSInterfaceDeclaration|TSTypeAliasDeclaration|ClassDeclaration)$/;
      const id = declared !== null && kinds.test(declared.type) ? declared['id'] : undefined;
      const name = (id as Node | undefined)?.['name'];
      return typeof name === 'string' ? [{ path, name }] : [];
    }),
  );
  return [...Map.groupBy(exported, ({ name }) => name)]
    .filter(([, places]) => places.length > 1)
    .map(([name, places]) => `${name} is a type of ${places.map(({ path }) => path).join(', ')}`);
}

const HEAVY =
  /^(openid-client|open|simple-git|pkijs|asn1js|yaml|jose|oidc-provider|reflect-metadata|@napi-rs\/keyring|@peculiar\/.*|@sigstore\/.*|tuf-js|@tufjs\/.*|node:https?|node:tls|node:net|src\/git\/simple-git\.ts)$/;

/** Packages on the path of every `git verify-commit` that would cost its user time. */
export function heavyOnHotPath(sources: Sources, entry: string): readonly string[] {
  return [...staticClosure(sources, entry)].filter((path) => HEAVY.test(path));
}

/** Modules for files and paths that are loaded with `entry`, each with the file that imports it. They take milliseconds. */
export function nodeFilesOnPath(sources: Sources, entry: string): readonly string[] {
  const loaded = staticClosure(sources, entry);
  return importsOf(sources)
    .filter(({ from, lazy, typeOnly }) => loaded.has(from) && !lazy && !typeOnly)
    .filter(({ to }) => /^(?:node:)?(?:fs|fs\/promises|path)$/.test(to))
    .map(({ from, to }) => `${from} imports ${to}`);
}

/** What commands are made of, and is loaded with `entry`. */
export function commandsOnPath(sources: Sources, entry: string): readonly string[] {
  return [...staticClosure(sources, entry)]
    .filter((path) => ['cli', 'commands'].includes(roomOf(path)))
    .map((path) => `${entry} loads ${path}`);
}

/** Packages that the core imports beyond the types of @sigstore/protobuf-specs. */
export function foreignToCore(sources: Sources): readonly string[] {
  const allowed = (to: string, typeOnly: boolean): boolean =>
    to.startsWith('@sigstore/protobuf-specs') && typeOnly;
  return importsOf(sources)
    .filter(({ from, to }) => roomOf(from) === 'core' && !to.startsWith('src/'))
    .filter(({ to, typeOnly }) => !allowed(to, typeOnly))
    .map(({ from, to }) => `${from} imports ${to}`);
}

const WRITERS = [
  'src/core/cms/assemble.ts',
  'src/core/cms/der-writer.ts',
  'src/core/cms/signed-attributes.ts',
];

/** Makers of what the program is to judge, that write with the program's own writers. */
export function borrowedWriters(sources: Sources): readonly string[] {
  return importsOf(sources)
    .filter(({ from }) => from.startsWith('test/support/') || roomOf(from) === 'sandbox')
    .filter(({ to }) => WRITERS.includes(to))
    .map(({ from, to }) => `${from} imports ${to}`);
}

const ISSUING = /^(@peculiar\/.*|pkijs|asn1js|reflect-metadata)$/;
const LOADS_X509 = 'src/sandbox/fulcio/certificates.ts';

/**
 * Imports of the libraries that issue, where they may not be. They judge too, and leniently, so nothing outside the
 * sandbox may ask them. `@peculiar/x509` throws where the reflection polyfill was not loaded before it, so one
 * module imports both.
 */
export function strayIssuing(sources: Sources): readonly string[] {
  const imports = importsOf(sources);
  const loads = (from: string, to: string): boolean => {
    const order = imports.filter((one) => one.from === from).map((one) => one.to);
    return (
      order.includes('reflect-metadata') && order.indexOf('reflect-metadata') < order.indexOf(to)
    );
  };
  return imports
    .filter(({ to }) => ISSUING.test(to))
    .filter(({ from, to }) => {
      if (roomOf(from) !== 'sandbox') return true;
      return to.startsWith('@peculiar/') && !(from === LOADS_X509 && loads(from, to));
    })
    .map(({ from, to }) => `${from} imports ${to}`);
}

function uses(
  sources: Sources,
  names: RegExp,
  allowed: (path: string) => boolean,
): readonly string[] {
  return [...sources].flatMap(([path, text]) => {
    if (allowed(path)) return [];
    return nodesOf(text)
      .map((node) => dotted(node))
      .filter((name) => name !== undefined && names.test(name))
      .map((name) => `${path} uses ${name}`);
  });
}

/** `process.env` as text; `new Date` without arguments as `new Date()`. */
function dotted(node: Node): string | undefined {
  const { object, property, callee } = node as { object?: Node; property?: Node; callee?: Node };
  if (node.type === 'MemberExpression') return `${object?.['name']}.${property?.['name']}`;
  // `const { env } = process` is `process.env` by another name
  const { id, init } = node as { id?: Node; init?: Node };
  if (
    node.type === 'VariableDeclarator' &&
    id?.type === 'ObjectPattern' &&
    init?.['name'] === 'process'
  ) {
    return `process.${(id['properties'] as readonly { key?: Node }[])[0]?.key?.['name']}`;
  }
  if (node.type === 'NewExpression' && (node['arguments'] as unknown[]).length === 0) {
    return `new ${callee?.['name']}()`;
  }
  return node.type === 'CallExpression' && callee?.type === 'Identifier'
    ? `${callee['name']}()`
    : undefined;
}

/** Clock, environment, network and randomness in the core. */
export function impureCore(sources: Sources): readonly string[] {
  const impure =
    /^(Date\.now|performance\.now|new Date\(\)|process\..*|fetch\(\)|Math\.random|setTimeout\(\)|globalThis\.(?!Buffer).*)$/;
  return uses(sources, impure, (path) => roomOf(path) !== 'core');
}

/** Writers to the process's streams other than system/terminal.ts. */
export function strayWriters(sources: Sources): readonly string[] {
  const writers = /^(process\.(stdout|stderr|stdin)|console\..*)$/;
  return uses(sources, writers, (path) => path === 'src/system/terminal.ts');
}

/** Readers of the environment other than the two that may. */
export function strayEnvironment(sources: Sources): readonly string[] {
  const readers = ['src/main.ts', 'src/settings/load.ts'];
  return uses(sources, /^process\.env$/, (path) => readers.includes(path));
}

const GIT_CHILDREN = ['src/git/process.ts', 'src/git/objects.ts'];
/** Where such variables are made; the sandbox makes some for the user's own programs, and a sentence names one. */
const NAMES_GIT_VARIABLES = [
  'src/git/environment.ts',
  'src/commands/sandbox/sandbox.ts',
  'src/commands/sandbox/config.ts',
  'src/login/person-way.ts',
  'src/sandbox/environment.ts',
];

/** Codes of ours, and a word that git is asked about. */
const OTHER_NAMES = /^GIT_(?:FAILED|READS|SIGNET_.*|COMMITTER_IDENT)$/;

/** The name that a node gives: a key, a member that is set, a whole string. Reading `env.NAME` makes nothing. */
function namedBy(node: Node): unknown {
  const { left, key, value } = node as { left?: Node; key?: Node; value?: unknown };
  if (node.type === 'AssignmentExpression') return (left?.['property'] as Node)?.['name'];
  if (node.type === 'Property') return key?.['name'];
  return node.type === 'Literal' ? value : undefined;
}

/** Children of git that begin elsewhere, and environments for them that are made elsewhere, than where each is looked after. */
export function strayGitChildren(sources: Sources): readonly string[] {
  const starts = /^(?:runProcess|spawn|spawnSync|execFile|execFileSync|exec|execSync)$/;
  return [...sources].flatMap(([path, text]) => {
    const found: string[] = [];
    for (const node of nodesOf(text)) {
      const name = namedBy(node);
      const variable = typeof name === 'string' && /^GIT_[A-Z_]+$/.test(name);
      if (variable && !OTHER_NAMES.test(name) && !NAMES_GIT_VARIABLES.includes(path)) {
        found.push(`${path} names ${name}`);
      }
      const { callee, arguments: given } = node as { callee?: Node; arguments?: readonly Node[] };
      const called = callee?.['name'] ?? (callee?.['property'] as Node | undefined)?.['name'];
      if (node.type !== 'CallExpression' || !starts.test(String(called))) continue;
      const [program] = given ?? [];
      const what = program?.['name'] ?? (program?.['property'] as Node | undefined)?.['name'];
      if (what === 'git' && !GIT_CHILDREN.includes(path))
        found.push(`${path} starts git by ${called}`);
    }
    return found;
  });
}

const OPENS_SIMPLE_GIT = 'src/git/simple-git.ts';
const ASK_BY_SIMPLE_GIT = [
  'src/git/config-edit.ts',
  'src/git/committer.ts',
  'src/commands/doctor/git.ts',
  'src/commands/hooks/place.ts',
  'src/commands/resign/plan.ts',
  'src/commands/resign/resign.ts',
];

const OPENS_BROWSERS = 'src/commands/open-browser.ts';

/** Imports of the library that opens browsers, outside the process that has a clean environment for it. */
export function strayOpen(sources: Sources): readonly string[] {
  return importsOf(sources)
    .filter(({ from, to }) => to === 'open' && from !== OPENS_BROWSERS)
    .map(({ from, to }) => `${from} imports ${to}`);
}

/** Imports of simple-git, and of the file that opens it, where they may not be. */
export function straySimpleGit(sources: Sources): readonly string[] {
  return importsOf(sources)
    .filter(({ from, to }) => {
      if (to === 'simple-git') return from !== OPENS_SIMPLE_GIT;
      return to === OPENS_SIMPLE_GIT && !ASK_BY_SIMPLE_GIT.includes(from);
    })
    .map(({ from, to }) => `${from} imports ${to}`);
}

function lines(text: string, start = 0, end = text.length): number {
  return text.slice(start, end).trimEnd().split('\n').length;
}

/**
 * Files whose functions may take five values by their places: evidence and DER, which are not changed without need, the
 * policy, and a function that a library calls.
 */
const BY_PLACE = [
  'src/core/cms/der-element.ts',
  'src/core/policy/decide.ts',
  'src/core/policy/object-rules.ts',
  'src/core/policy/signers.ts',
  'src/core/rekor/inclusion.ts',
  'src/core/verify.ts',
  'src/core/x509/signature.ts',
  'src/commands/policy/explain.ts',
  'src/sandbox/oidc/provider.ts',
];

/** Functions of five and more positional parameters, which a caller mixes up. */
export function crowded(sources: Sources): readonly string[] {
  return [...sources].flatMap(([path, text]) =>
    nodesOf(text)
      .filter(() => !BY_PLACE.includes(path))
      .filter(({ type, ...rest }) => {
        const { params } = rest as { readonly params?: unknown };
        return Array.isArray(params) && params.length >= 5 && /Function/.test(type);
      })
      .map(({ start }) => `${path}:${lines(text, 0, start)} takes five parameters by their places`),
  );
}

/** Files and functions over the size that can be held in the head. */
export function oversize(sources: Sources): readonly string[] {
  return [...sources].flatMap(([path, text]) => {
    const long = nodesOf(text)
      .filter(({ type }) =>
        /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(type),
      )
      .filter(({ start, end }) => lines(text, start, end) > MAX_FUNCTION)
      .map(
        ({ start, end }) =>
          `${path}:${lines(text, 0, start)} is a function of ${lines(text, start, end)} lines`,
      );
    return lines(text) > (LONG_FILES.get(path) ?? MAX_FILE)
      ? [`${path} has ${lines(text)} lines`, ...long]
      : long;
  });
}
