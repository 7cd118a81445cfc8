import { USAGE, UsageError, readArguments, runKillAWorker } from './kill-a-worker.ts';

try {
  const options = readArguments(process.argv.slice(2));
  if (options === 'help') console.log(USAGE);
  else process.exitCode = await runKillAWorker(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
