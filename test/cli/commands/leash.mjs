/** Loaded before the command line in tests: no process outlives the test that started it, nor its deadline. */
import { Socket } from 'node:net';

const end = () => process.kill(process.pid, 'SIGKILL');
const leash = new Socket({ fd: 3 });
leash.on('error', end).on('close', end).resume().unref();
setTimeout(end, 60_000).unref();
