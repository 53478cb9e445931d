import { expect, it } from 'vitest';
import { errorOf, failureOf } from '../../../src/agent/wire/failure.ts';
import {
  AnswerError,
  ConfigError,
  LoginError,
  ServiceError,
  UsageError,
} from '../../../src/errors.ts';

it.each([
  new UsageError('what was typed'),
  new ConfigError('what is configured', { code: 'TRUST_FILE', hint: 'git signet trust show' }),
  new LoginError('LOGIN_REFUSED', 'the login was refused'),
  new ServiceError('SERVICE_REFUSED', 'the log said no'),
  new AnswerError('LOG_ANSWER', 'the log lied'),
])('a $name arrives as the class that left, with its code, exit code and hint', (error) => {
  const arrived = errorOf(failureOf(error));
  expect(arrived.constructor).toBe(error.constructor);
  const { code, exitCode, hint, message } = error;
  expect(arrived).toMatchObject({ code, exitCode, message });
  expect((arrived as { hint?: string }).hint).toBe(hint);
});

it('a bug of the agent travels as its name alone', () => {
  const failure = failureOf(new TypeError('token eyJhbGciOi is not a function'));
  expect(failure).toMatchObject({
    kind: 'agent',
    code: 'AGENT',
    message: expect.stringMatching(/\(TypeError\)$/),
  });
});
