/**
 * What the Node children share. Each is told what to do by JSON lines on stdin, says what happens as JSON lines on stdout,
 * exits when stdin closes, and has a deadline. They load the compiled library, as its users do.
 */
import { createInterface } from 'node:readline';
import { setImmediate as turn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const DEADLINE_MS = 120_000;

/** Writes one fact as one line. */
export function emit(event, facts = {}) {
  process.stdout.write(`${JSON.stringify({ event, at: Math.round(performance.now()), ...facts })}\n`);
}

/** The command line: `--name value`, and `--options` as JSON for the role. */
export function read(names) {
  const { values } = parseArgs({ options: Object.fromEntries([...names, 'options'].map((name) => [name, { type: 'string' }])) });
  return { ...values, options: JSON.parse(values.options ?? '{}') };
}

/** One endpoint, or several with commas between. */
export function endpointsOf(text) {
  return text.includes(',') ? text.split(',') : text;
}

/** Obeys lines such as `{"do":"inspect"}`; ends the process when stdin closes. */
export function obey(commands) {
  setTimeout(() => process.exit(3), DEADLINE_MS).unref();
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const command = JSON.parse(line);
    void commands[command.do](command);
  });
  lines.on('close', () => process.exit(0));
}

/**
 * Says how many bytes objects and buffers hold that are still needed. What is garbage, what V8 keeps for later, and the memory of
 * native libraries are not in it.
 */
export async function weigh({ id }) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  // A buffer goes when its object has gone, some turns later.
  for (let round = 0; round < 3; round++) {
    collect();
    await turn();
  }
  const { heapUsed, external } = process.memoryUsage();
  emit('weighed', { id, bytes: heapUsed + external });
}

/** SIGTERM closes the role, which drains it, then lets the process end by itself: whatever keeps it alive is a leak. */
export function drainOnTerm(role) {
  process.once('SIGTERM', () => {
    emit('draining');
    void role.close().then(() => {
      emit('closed', { inspect: role.inspect() });
      process.stdin.unref();
      process.stdin.destroy();
    });
  });
}

/** Frames as text, one character per byte. */
export const texts = (frames) => frames.map((frame) => Buffer.from(frame).toString('latin1'));

/** Text as frames, likewise. */
export const frames = (body) => body.map((text) => Buffer.from(text, 'latin1'));
