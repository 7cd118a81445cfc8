/** Bugs as people make them, planted in the real tables: each is found, and the story that is told names what went wrong. */
import { expect, test } from 'vitest';
import { lazyPirateRequest } from '../../src/lazy-pirate/client.machine.ts';
import { lazyPirateJob } from '../../src/lazy-pirate/job.machine.ts';
import { workerSession } from '../../src/load-balancer/session.machine.ts';
import { loadBalancedWorker } from '../../src/load-balancer/worker.machine.ts';
import { majordomoLink, majordomoRequest } from '../../src/majordomo/client.machine.ts';
import { majordomoSession } from '../../src/majordomo/session.machine.ts';
import { explore, type Model } from '../../src/simulation/explore.ts';
import { lazyPirateModel } from '../../src/simulation/models/lazy-pirate.ts';
import { majordomoModel } from '../../src/simulation/models/majordomo.ts';
import { paranoidPirateModel, simplePirateModel } from '../../src/simulation/models/pirate-queue.ts';
import { plant } from './plant.ts';

/** Explores a world with a bug in it, and asks what was broken, in which sentence, and how it came to that. */
async function expectFound(model: Model<string>, property: string, sentence: RegExp, last: RegExp): Promise<readonly string[]> {
  const { counterExample } = await explore(model, { mostStates: 400_000 });
  expect(counterExample, 'the bug is found').toBeDefined();
  expect(counterExample?.property).toBe(property);
  expect(counterExample?.sentence).toMatch(sentence);
  expect(counterExample?.steps.at(-1)).toMatch(last);
  return counterExample?.steps ?? [];
}

/* ---------------------------------------------------------------- Lazy Pirate */

test('lazy: a connection that is used again after a timeout', async () => {
  const request = plant(lazyPirateRequest, 'sent', 'requestTimeout', (state, _event, out) => {
    out.note(state.attempt, 'replied');
    out.retire();
    out.fail('timed-out');
    return { kind: 'settled' as const };
  });
  const steps = await expectFound(
    lazyPirateModel({ clients: 1, servers: 1, machines: { request } }),
    'LP2',
    /none after one that failed/,
    /^client 1 makes request 2|time runs out for an attempt of request 1/,
  );
  expect(steps.join('\n')).toContain('time runs out for an attempt of request 1');
});

test('lazy: the answer to a request that has failed', async () => {
  const kept = plant(lazyPirateRequest, 'sent', 'requestTimeout', (_state, _event, out) => {
    out.fail('timed-out');
    return { kind: 'settled' as const };
  });
  const request = plant(kept, 'settled', 'REPLY', (state, event, out) => {
    out.succeed(event.body);
    return state;
  });
  await expectFound(
    lazyPirateModel({ clients: 1, requests: 1, servers: 1, machines: { request } }),
    'U2',
    /request 1 had its outcome \(failed\), and got another \(replied\)/,
    /^client 1 gets the answer to request 1$/,
  );
});

test('lazy: attempts without end', async () => {
  const request = plant(lazyPirateRequest, 'sent', 'requestTimeout', (state, _event, out) => {
    out.note(state.attempt, 'timed-out');
    out.retire();
    out.arm('retryDelay', 1);
    return { kind: 'pausing' as const, attempt: state.attempt + 1 };
  });
  await expectFound(
    lazyPirateModel({ clients: 1, requests: 1, servers: 1, machines: { request } }),
    'LP1',
    /2 times at most/,
    /the pause ends before the next attempt of request 1/,
  );
});

test('lazy: a server that keeps the place of a handler that failed', async () => {
  const job = plant(lazyPirateJob, 'working', 'handlerFailed', () => ({ kind: 'done' as const }));
  await expectFound(
    lazyPirateModel({ clients: 1, requests: 1, servers: 1, crashes: 0, closes: 0, machines: { job } }),
    'rest',
    /never again/,
    /^server 1 fails in its work on request 1/,
  );
});

/* ---------------------------------------------------------------- Simple Pirate */

test('simple: the request of a worker that dies is forgotten', async () => {
  const session = plant(workerSession, 'busy', 'peerGone', (_state, event, out) => {
    out.forget(event.loss);
    return { kind: 'gone' as const };
  });
  const steps = await expectFound(
    simplePirateModel({ clients: 1, machines: { session } }),
    'U6',
    /waits or is with a worker/,
    /^the broker sees the end of a connection of worker \d: the worker is lost \(disconnected\)$/,
  );
  expect(steps.join('\n')).toContain('worker 1 dies');
});

test('simple: a reply puts its worker into the ready list twice', async () => {
  const session = plant(workerSession, 'busy', 'REPLY', (state, event, out) => {
    out.deliver(event);
    out.ready();
    out.ready();
    return { kind: 'idle' as const, credit: 1, heartbeatsWhileBusy: false, spoken: state.spoken };
  });
  await expectFound(
    simplePirateModel({ clients: 1, machines: { session } }),
    'SP1',
    /once at most/,
    /^the broker gets the reply of worker 1/,
  );
});

test('simple: an idle worker that dies stays in the ready list', async () => {
  const session = plant(workerSession, 'idle', 'peerGone', () => ({ kind: 'gone' as const }));
  await expectFound(
    simplePirateModel({ clients: 1, machines: { session } }),
    'SP1',
    /every worker that has room once and nobody else/,
    /^the broker sees the end of a connection of worker 1/,
  );
});

test('simple: a worker that does not come back when its connection has ended', async () => {
  const worker = plant(loadBalancedWorker, 'idle', 'brokerGone', (state) => state);
  await expectFound(
    simplePirateModel({ clients: 1, workers: 1, machines: { worker } }),
    'rest',
    /never again: every worker is ready/,
    /the connection of worker 1 is cut|the broker dies|is told that its connection has ended/,
  );
});

/* ---------------------------------------------------------------- Paranoid Pirate */

test('paranoid: the request of a worker that expires is forgotten', async () => {
  const session = plant(workerSession, 'busy', 'expiry', (_state, _event, out) => {
    out.forget('expired');
    return { kind: 'unknown' as const };
  });
  const steps = await expectFound(
    paranoidPirateModel({ clients: 1, heartbeats: 2, machines: { session } }),
    'U6',
    /waits or is with a worker/,
    /^the broker (sees the end of a connection|gets the reply|takes in|gets READY)|^worker 1/,
  );
  expect(steps.join('\n')).toContain('the broker hears nothing of worker 1');
});

test('paranoid: a heartbeat makes a busy worker ready', async () => {
  const session = plant(workerSession, 'busy', 'HEARTBEAT', (state, _event, out) => {
    out.ready();
    return state;
  });
  await expectFound(
    paranoidPirateModel({ clients: 1, machines: { session } }),
    'SP1',
    /nobody else/,
    /^the broker gets a heartbeat of worker 1/,
  );
});

test('paranoid: a worker given up at work is ready at its next heartbeat', async () => {
  const session = plant(workerSession, 'busy', 'expiry', (_state, _event, out) => {
    out.forget('expired');
    out.surrender('expired');
    return { kind: 'lapsed' as const };
  });
  const steps = await expectFound(
    paranoidPirateModel({ clients: 1, workers: 1, machines: { session } }),
    'U7',
    /worker 1 was given request 1 while it was busy/,
    /^worker 1 gets request 1/,
  );
  expect(steps.join('\n')).toContain('the broker hears nothing of worker 1, which lives');
  expect(steps.join('\n')).toContain('a heartbeat of worker 1 is due');
});

test('paranoid: a worker that waits for ever for a queue that has forgotten it', async () => {
  const worker = plant(loadBalancedWorker, 'idle', 'silence', (state) => state);
  await expectFound(
    paranoidPirateModel({ clients: 1, workers: 1, heartbeats: 0, notices: false, machines: { worker } }),
    'rest',
    /never again/,
    /the broker dies|the broker hears nothing|the connection of worker 1 is cut|in time$|does not know it/,
  );
});

/* ---------------------------------------------------------------- Majordomo */

test('majordomo: the reply of a worker that was sent away is taken', async () => {
  const session = plant(majordomoSession, 'gone', 'REPLY', (state, event, out) => {
    out.deliver(event);
    return state;
  });
  await expectFound(
    majordomoModel({ clients: 1, workers: 1, heartbeats: 2, machines: { session } }),
    'MD4',
    /was taken for one to a request that this worker holds/,
    /^the broker gets the reply of worker 1/,
  );
});

test('majordomo: a worker that was told to go is given the next request', async () => {
  const session = plant(majordomoSession, 'idle', 'expiry', (state, _event, out) => {
    out.sendDisconnect();
    return state;
  });
  await expectFound(
    majordomoModel({ clients: 1, workers: 1, machines: { session } }),
    'MD1',
    /after DISCONNECT a worker is sent nothing/,
    /^the broker takes in request 1/,
  );
});

test('majordomo: a request is counted as delivered before it counts against its worker', async () => {
  // The loss is told as one that costs nothing: so the request is handed out again and again.
  const session = plant(majordomoSession, 'busy', 'DISCONNECT', (_state, _event, out) => {
    out.forget('dismissed');
    out.surrender('dismissed');
    return { kind: 'gone' as const };
  });
  await expectFound(
    majordomoModel({ clients: 1, workers: 1, faults: 2, failures: 2, machines: { session } }),
    'MD6',
    /handed out 2 times at most/,
    /READY of worker 1|is left by worker 1/,
  );
});

test('majordomo: a client that does not leave a connection that has ended', async () => {
  const link = plant(majordomoLink, 'correlated', 'brokerGone', (state) => state);
  await expectFound(
    majordomoModel({ clients: 1, workers: 1, machines: { link } }),
    'rest',
    /never again/,
    /the broker dies|is cut|is told that its connection has ended/,
  );
});

test('majordomo: attempts without end', async () => {
  const request = plant(majordomoRequest, 'sent', 'requestTimeout', (state, _event, out) => {
    out.note(state.attempt, 'timed-out');
    out.retire();
    out.arm('retryDelay', 1);
    return { kind: 'pausing' as const, attempt: state.attempt + 1 };
  });
  await expectFound(
    majordomoModel({ clients: 1, workers: 1, machines: { request } }),
    'LP1',
    /1 times at most/,
    /the pause ends before the next attempt of request 1/,
  );
});

/* ---------------------------------------------------------------- credits */

const CREDITS = { clients: 1, workers: 1, requests: 2, concurrency: 2, restarts: 0, cuts: 0, expiries: 0 };

test('credits: of the requests of a worker that dies only the first comes back', async () => {
  const session = plant(majordomoSession, 'busy', 'peerGone', (_state, event, out) => {
    out.forget(event.loss);
    // The number of the first delivery in this world.
    out.giveBack(1, 'handler-failed');
    return { kind: 'gone' as const };
  });
  const steps = await expectFound(
    majordomoModel({ ...CREDITS, machines: { session } }),
    'U6',
    /waits or is with a worker/,
    /^the broker sees the end of a connection of worker 1: .*request 1 is requeued/,
  );
  expect(steps.join('\n')).toContain('the broker takes in request 2');
});

test('credits: a reply makes a worker ready that takes no more', async () => {
  const session = plant(majordomoSession, 'busy', 'REPLY', (state, event, out) => {
    const { credit, heartbeatsWhileBusy, spoken } = state;
    out.deliver(event);
    out.ready();
    return state.held > 1 ? { ...state, held: state.held - 1 } : { kind: 'idle' as const, credit, heartbeatsWhileBusy, spoken };
  });
  const steps = await expectFound(
    majordomoModel({ ...CREDITS, closes: 1, machines: { session } }),
    'SP1',
    /every worker that has room once and nobody else/,
    /^the broker gets the reply of worker 1/,
  );
  expect(steps.join('\n')).toContain('the broker is told how much it may hand to worker 1');
});

test('credits: a worker is given one request more than it takes', async () => {
  const session = plant(majordomoSession, 'unknown', 'READY', (_state, event, out) => {
    out.register(event.service, event.credit + 1);
    out.ready();
    return { kind: 'idle' as const, credit: event.credit + 1, heartbeatsWhileBusy: false, spoken: true };
  });
  await expectFound(
    majordomoModel({ ...CREDITS, requests: 3, machines: { session } }),
    'U7',
    /worker 1 was given request 3 while it was busy with 2 in its hands/,
    /^worker 1 gets request 3/,
  );
});
