#!/usr/bin/env node
/** The `seaworthy` program. Ends by itself when the command is done and nothing is open any more. */
import { commandLine } from './command-line.ts';
import { EXIT, problemOf } from './failures.ts';

process.once('uncaughtException', (error) => {
  process.stderr.write(`seaworthy: FAULT: ${problemOf(error).message}\n`);
  process.exit(EXIT.fault);
});
process.exitCode = await commandLine(process.argv.slice(2), process);
