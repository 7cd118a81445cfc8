/** Freelance clients whose servers say anything, and servers whose clients do: counted, never a fault, and nothing else goes wrong. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FreelanceClient } from '../../src/freelance/client.ts';
import { controlFrame, FREELANCE_MODELS } from '../../src/freelance/codec.ts';
import { FreelanceServer } from '../../src/freelance/server.ts';
import { Outcome, textOf, textsOf, World } from '../support/world.ts';

const SERVER = 'memory://server';

const frame = fc.oneof(
  fc.constantFrom('', 'PING', 'PONG', 'SW\x03'),
  // Numbers that a client may have given out, or will.
  fc.nat(200).map((id) => textOf(controlFrame(id))),
  fc.string({ unit: 'binary-ascii', maxLength: 14 }),
);
const nonsense = fc.array(fc.array(frame, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 10 });

test.each(FREELANCE_MODELS)('%s: whatever a server says, its own requests alone are answered by it, each once', async (model) => {
  const world = new World();
  const server = await world.rawBroker(SERVER);
  const other = world.keep(await FreelanceServer.listen('memory://other', ({ body }) => ['true', ...body], { ...world.ports(), model }));
  const hostile = world.keep(FreelanceClient.connect(SERVER, { ...world.ports(), model }));
  const client = world.keep(FreelanceClient.connect(other.endpoint, { ...world.ports(), model }));
  let settled = 0;
  await fc.assert(
    fc.asyncProperty(nonsense, async (messages) => {
      const outcomes = ['x', 'y'].map((text) => {
        const promise = hostile.request(text, { deadline: 50 });
        const count = (): void => void settled++;
        promise.then(count, count);
        return new Outcome(promise);
      });
      await world.settle();
      const peers = new Set(server.take().map(({ from }) => from));
      for (const message of messages) for (const peer of peers) server.send(peer, ...message);
      await world.advance(100);
      expect(outcomes.map(({ state }) => state)).not.toContain('open');
      const untouched = new Outcome(client.request('z'));
      await world.settle();
      expect(textsOf(untouched.value?.body)).toEqual(['true', 'z']);
    }),
    { numRuns: 300 },
  );
  const { requests, replies, failures, faults } = hostile.inspect().counters;
  expect({ settled, faults }).toEqual({ settled: requests, faults: 0 });
  expect(replies + failures).toBe(requests);
  expect(hostile.inspect()).toMatchObject({ open: 0, waiting: 0, servers: [{ inFlight: 0 }] });
  await world.end();
});

test.each(FREELANCE_MODELS)('%s: whatever a client says, others are answered', async (model) => {
  const world = new World();
  const server = world.keep(await FreelanceServer.listen(SERVER, ({ body }) => body, { ...world.ports(), model }));
  const hostile = world.peer(SERVER);
  const client = world.keep(FreelanceClient.connect(SERVER, { ...world.ports(), model }));
  await fc.assert(
    fc.asyncProperty(nonsense, async (messages) => {
      for (const message of messages) hostile.send(...message);
      const outcome = new Outcome(client.request('x'));
      await world.settle();
      expect(textsOf(outcome.value?.body)).toEqual(['x']);
    }),
    { numRuns: 300 },
  );
  expect(server.inspect()).toMatchObject({ working: 0, waiting: 0, counters: { faults: 0 } });
  await world.end();
});
