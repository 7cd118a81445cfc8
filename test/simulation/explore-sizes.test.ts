/** Worlds that are larger than their states have room for are refused; nothing is ever cut off. */
import { describe, expect, test } from 'vitest';
import { InvalidOption } from '../../src/core/errors.ts';
import { majordomoRequest } from '../../src/majordomo/client.machine.ts';
import { majordomoSession } from '../../src/majordomo/session.machine.ts';
import { BrokenRule, explore, type Model } from '../../src/simulation/explore.ts';
import { lazyPirateModel } from '../../src/simulation/models/lazy-pirate.ts';
import { majordomoModel } from '../../src/simulation/models/majordomo.ts';
import { Packer, Unpacker } from '../../src/simulation/models/packing.ts';
import { paranoidPirateModel } from '../../src/simulation/models/pirate-queue.ts';
import { attemptOf, handleOf, kindOf, message, requestOf } from '../../src/simulation/models/world.ts';
import { plant } from './plant.ts';

describe('a world with more requests than there is room for', () => {
  test.each([
    ['lazy', lazyPirateModel],
    ['paranoid', paranoidPirateModel],
    ['majordomo', majordomoModel],
  ])('%s: is refused, with the numbers', (_name, model) => {
    expect(() => model({ clients: 9, requests: 2 })).toThrow(
      new InvalidOption(
        'requests',
        2,
        '',
        'option "requests" must be at most 1 with 9 clients: a world has room for 16 requests in all, and this makes 18',
      ),
    );
  });

  test('one with as many as there is room for is walked through', async () => {
    const { counterExample } = await explore(lazyPirateModel({ clients: 8, requests: 2 }), { mostStates: 5000 });
    expect(counterExample).toBeUndefined();
  });
});

test.each([
  ['clients', 0],
  ['clients', 17],
  ['requests', 1.5],
  ['retries', 16],
  ['workers', 0],
  ['maxDeliveries', 0],
  ['faults', -1],
  ['cuts', 100],
  ['liveness', Number.NaN],
])('%s: %s is refused', (name, value) => {
  expect(() => majordomoModel({ [name]: value })).toThrow(InvalidOption);
});

/** Goes on with the first move that one of the patterns fits, until a rule is broken. */
function walk(model: Model<string>, ...patterns: readonly RegExp[]): BrokenRule | undefined {
  let [state] = model.initial;
  for (let moves = 0; moves < 200; moves++) {
    const offered = model.next(state as string);
    const taken = patterns.map((pattern) => offered.find(({ label }) => pattern.test(label))).find((move) => move !== undefined);
    if (taken === undefined || taken.state instanceof BrokenRule) return taken?.state as BrokenRule | undefined;
    state = taken.state;
  }
  return undefined;
}

test('many attempts are counted, and one too many is found', () => {
  const request = plant(majordomoRequest, 'sent', 'requestTimeout', (state, _event, out) => {
    out.note(state.attempt, 'timed-out');
    out.retire();
    out.arm('retryDelay', 1);
    return { kind: 'pausing' as const, attempt: state.attempt + 1 };
  });
  const model = majordomoModel({ clients: 1, workers: 1, retries: 9, faults: 0, machines: { request } });
  const again = [/who the broker is/, /makes request/, /connects anew/, /the pause ends/, /time runs out/];
  expect(walk(model, ...again)).toMatchObject({ property: 'LP1', sentence: 'a request is sent 9 times at most' });
});

test('many deliveries are counted, and one too many is found', () => {
  const session = plant(majordomoSession, 'busy', 'DISCONNECT', (_state, _event, out) => {
    out.forget('dismissed');
    out.surrender('dismissed');
    return { kind: 'gone' as const };
  });
  const model = majordomoModel({ clients: 1, workers: 1, maxDeliveries: 6, faults: 9, failures: 9, machines: { session } });
  const again = [
    /makes request/,
    /takes in/,
    /fails in/,
    /is left by/,
    /connects anew/,
    /READY/,
    /^worker 1 (gets|is told)/,
    /sees the end/,
  ];
  expect(walk(model, ...again)).toMatchObject({ property: 'MD6', sentence: 'a request is handed out 6 times at most' });
});

describe('what does not fit', () => {
  test('a message keeps all that it is made of', () => {
    const made = message(7, 15, 15, 255);
    expect([kindOf(made), requestOf(made), attemptOf(made), handleOf(made)]).toEqual([7, 15, 15, 255]);
  });

  test.each([
    ['a request', () => message(1, 16)],
    ['an attempt', () => message(1, 0, 16)],
    ['a delivery', () => message(1, 0, 0, 256)],
  ])('%s is refused by a message', (what, make) => {
    expect(make).toThrow(`the number of ${what}`);
  });

  test('a state keeps its largest numbers', () => {
    const packer = new Packer();
    packer.put(0xffff);
    packer.putLarge(0xffffff);
    packer.putAll([0, 0xffff]);
    const unpacker = new Unpacker(packer.text);
    expect([unpacker.take(), unpacker.takeLarge(), unpacker.takeAll()]).toEqual([0xffff, 0xffffff, [0, 0xffff]]);
  });

  test.each([-1, 0x10000, Number.NaN])('%s is refused by a state', (number) => {
    expect(() => {
      new Packer().put(number);
    }).toThrow('must be 0 to 65535');
    expect(() => {
      new Packer().putAll([number]);
    }).toThrow('must be 0 to 65535');
  });

  test.each([-1, 0x1000000])('%s is refused by a state, also as a large number', (number) => {
    expect(() => {
      new Packer().putLarge(number);
    }).toThrow('must be 0 to 16777215');
  });
});
