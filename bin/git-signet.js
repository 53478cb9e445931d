#!/usr/bin/env node
// The npm package's entry: starts the Node bundle. git itself is better pointed at the executable.
import '../dist/node/git-signet.cjs';
