import { USAGE, UsageError, readArguments, runKillAWorker } from './kill-a-worker.ts';

/** As of a process that died of SIGPIPE. */
const NOBODY_READS = 141;

// `npm run demo | head`: nobody reads on, so nobody needs the rest. What was started ends with this process.
process.stdout.on('error', () => process.exit(NOBODY_READS));

try {
  const options = readArguments(process.argv.slice(2));
  if (options === 'help') console.log(USAGE);
  else process.exitCode = await runKillAWorker(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
