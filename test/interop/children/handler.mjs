/**
 * What the workers among the children do. They answer with their name, the number of the delivery, and the body. The first frame of
 * the body may ask for more: `sleep:50` takes its time, `block:50` blocks the event loop, `die` kills the process, `fail`
 * throws, `hold` works until it is told `release`, `large:50` answers with a frame of so many bytes more.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { emit, frames, texts } from './child.mjs';

let release = () => undefined;

export function handlerOf(name) {
  return async ({ body }, { attempt, signal }) => {
    const [order, detail] = body[0].toString('latin1').split(':');
    emit('request', { name, attempt, body: texts(body) });
    signal.addEventListener('abort', () => emit('aborted', { name, attempt, body: texts(body) }));
    if (order === 'sleep') await sleep(Number(detail));
    if (order === 'block') for (const until = performance.now() + Number(detail); performance.now() < until;);
    if (order === 'hold') await new Promise((resolve) => (release = resolve));
    if (order === 'die') process.kill(process.pid, 'SIGKILL');
    if (order === 'fail') throw new Error('as asked');
    emit('answered', { name, attempt, body: texts(body) });
    const answer = [name, String(attempt), ...texts(body)];
    return frames(order === 'large' ? [...answer, 'x'.repeat(Number(detail))] : answer);
  };
}

/** What a worker reports, and the orders it takes. */
export function commandsOf(worker) {
  for (const event of ['registered', 'brokerLost', 'replyDiscarded', 'stalled']) worker.events.on(event, (facts) => emit(event, facts));
  worker.events.on('fault', ({ error }) => emit('fault', { error: String(error?.stack ?? error) }));
  return {
    inspect: ({ id }) => emit('inspected', { id, inspect: worker.inspect() }),
    release: () => release(),
    block: ({ milliseconds }) => {
      const until = performance.now() + milliseconds;
      while (performance.now() < until);
      emit('unblocked');
    },
  };
}
