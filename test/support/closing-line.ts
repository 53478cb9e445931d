/** Ends a run with `N passed, N failed`, alone on a line, and says why anything was skipped. */

import type { Reporter, SerializedError, TestModule } from 'vitest/node';

export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    const reasons = new Set<string>();
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const result = test.result();
        count[result.state] += 1;
        if (result.state === 'skipped')
          reasons.add(`${module.relativeModuleId}: ${result.note ?? test.name}`);
      }
      // a suite whose preparation fails skips its tests
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0) count.failed += 1;
      }
      // a file that cannot be loaded has no tests to count
      if (module.state() === 'failed' && module.errors().length > 0) count.failed += 1;
    }
    for (const reason of reasons) process.stdout.write(`skipped ${reason}\n`);
    const failed = count.failed + count.pending + errors.length;
    const skipped = count.skipped === 0 ? '' : `, ${count.skipped} skipped`;
    process.stdout.write(`\n${count.passed} passed, ${failed} failed${skipped}\n`);
  }
}
