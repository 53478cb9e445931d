/** Runs the files that CI systems read, as those systems do: the steps of an action.yml, and the job of a component. */

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';
import { type Ran, runMeanwhile, type ScratchRepository } from './git-repository.ts';

/** The tree whose actions are tried, unless a test makes a copy. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Input {
  readonly description: string;
  readonly default?: string;
}
interface Step {
  readonly id: string;
  readonly shell: string;
  readonly run: string;
  readonly env: Readonly<Record<string, string>>;
}
export interface Action {
  readonly name: string;
  readonly description: string;
  readonly branding: { readonly icon: string; readonly color: string };
  readonly inputs: Readonly<Record<string, Input>>;
  readonly outputs: Readonly<
    Record<string, { readonly description: string; readonly value: string }>
  >;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}
export interface Job {
  readonly stage: string;
  readonly image: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly rules: readonly { readonly if: string }[];
  readonly script: readonly string[];
  readonly artifacts: { readonly reports: { readonly junit: string } };
}
export interface Component {
  readonly inputs: Readonly<Record<string, Input>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** `action.yml` or `setup/action.yml` of a tree. */
export const readAction = (file: string, tree = ROOT): Action =>
  parse(readFileSync(join(tree, file), 'utf8')) as Action;

/** A component's two documents. */
export function readComponent(text: string): Component {
  const [head, jobs] = parseAllDocuments(text).map((document) => document.toJS() as unknown);
  const { spec } = head as { readonly spec: Pick<Component, 'inputs'> };
  return { inputs: spec.inputs, jobs: jobs as Component['jobs'] };
}

export type Context = Readonly<Record<string, string>>;

/** The part of GitHub's expressions that the actions use: names, `||`, `&&`, `format('…{0}', name)`. */
function evaluate(expression: string, context: Context): string {
  for (const choice of expression.split('||')) {
    const values = choice.split('&&').map((term) => {
      const format = /^format\('(.*)\{0\}', (\S+)\)$/.exec(term.trim());
      const value = context[format?.[2] ?? term.trim()] ?? '';
      return format === null || value === '' ? value : `${format[1]}${value}`;
    });
    const last = values.at(-1) ?? '';
    if (values.every((value) => value !== '') && last !== '') return last;
  }
  return '';
}

const filled = (text: string, context: Context): string =>
  text.replace(/\$\{\{(.*?)\}\}/g, (_, expression: string) => evaluate(expression, context));

const FILES = ['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_PATH', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY'];

/** Lines `name=value` of a runner's file. */
export const assigned = (text: string): Context =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

/** Where a runner is: its names for the machine and its scratch directory. */
export function runnerVariables(scratch: string): Context {
  return {
    ...{ GITHUB_ACTIONS: 'true', CI: 'true', RUNNER_TEMP: scratch },
    ...{ RUNNER_OS: 'Linux', RUNNER_ARCH: process.arch.toUpperCase() },
  };
}

export interface ActionRan {
  readonly exit: number | null;
  /** What the log shows. */
  readonly out: string;
  /** The runner's files, by the names of their variables. */
  readonly files: Context;
  readonly outputs: Context;
}

/** Runs an action's steps. `context`: what expressions may name; `env`: more environment of the job. */
export async function runAction(
  file: string,
  { path, env, home }: Pick<ScratchRepository, 'path' | 'env' | 'home'>,
  context: Context,
  more: { readonly env?: Context; readonly tree?: string } = {},
): Promise<ActionRan> {
  const tree = more.tree ?? ROOT;
  const action = readAction(file, tree);
  const defaults = Object.entries(action.inputs).map(([name, input]) => [
    `inputs.${name}`,
    input.default ?? '',
  ]);
  const known: Record<string, string> = { ...Object.fromEntries(defaults), ...context };
  const scratch = mkdtempSync(join(home, 'runner-'));
  const files = Object.fromEntries(FILES.map((name) => [name, join(scratch, name)]));
  for (const one of Object.values(files)) writeFileSync(one, '');
  let [out, exit]: [string, number | null] = ['', 0];
  for (const step of action.runs.steps) {
    const own = Object.entries(step.env).map(([name, value]) => [name, filled(value, known)]);
    const ran = await runMeanwhile(step.shell, ['-e', '-c', step.run], {
      cwd: path,
      env: {
        ...{ ...env, ...runnerVariables(scratch), ...more.env, ...files },
        GITHUB_ACTION_PATH: dirname(join(tree, file)),
        ...Object.fromEntries(own),
      },
    });
    out += ran.out + ran.err;
    exit = ran.exit;
    const set = assigned(readFileSync(files['GITHUB_OUTPUT'] ?? '', 'utf8'));
    for (const [name, value] of Object.entries(set)) {
      known[`steps.${step.id}.outputs.${name}`] = value;
    }
  }
  const outputs = Object.entries(action.outputs).map(([name, { value }]) => [
    name,
    filled(value, known),
  ]);
  return {
    ...{ exit, out, outputs: Object.fromEntries(outputs) },
    files: Object.fromEntries(FILES.map((name) => [name, readFileSync(files[name] ?? '', 'utf8')])),
  };
}

/** Runs a component's one job. `inputs`: what an `include` would give; `env`: GitLab's variables. */
export function runComponent(
  text: string,
  { path, env }: Pick<ScratchRepository, 'path' | 'env'>,
  inputs: Context,
  more: { readonly env?: Context; readonly shell?: 'sh' | 'bash' } = {},
): Promise<Ran> {
  const component = readComponent(text);
  const [job] = Object.values(component.jobs);
  if (job === undefined) throw new Error('the component has no job');
  const interpolated = (value: string): string =>
    value.replace(/\$\[\[ inputs\.([\w-]+) \]\]/g, (_, name: string) => {
      const given = inputs[name] ?? component.inputs[name]?.default;
      if (given === undefined) throw new Error(`no input ${name}`);
      return given;
    });
  const variables = Object.entries(job.variables).map(([name, value]) => [
    name,
    interpolated(value),
  ]);
  const { shell = 'sh' } = more;
  const strict = shell === 'bash' ? ['-eo', 'pipefail'] : ['-e'];
  return runMeanwhile(shell, [...strict, '-c', job.script.map(interpolated).join('\n')], {
    cwd: path,
    env: {
      ...{ ...env, GITLAB_CI: 'true', CI: 'true', CI_DEFAULT_BRANCH: 'main' },
      ...{ ...Object.fromEntries(variables), ...more.env },
    },
  });
}

/** Workflow commands that a runner would find in a log. */
export const commandsIn = (log: string): readonly string[] =>
  log.split(/\r\n|[\n\r]/).flatMap((line) => {
    const name =
      /^\s*::([\w-]+)/.exec(line)?.[1] ?? (/##\w*\[/.test(line) ? 'old form' : undefined);
    return name === undefined ? [] : [name];
  });
