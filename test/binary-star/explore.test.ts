/** The small worlds of the Binary Star: they hold, bugs planted in the table are found, and so are the weaknesses of the Guide's. */
import { describe, expect, test } from 'vitest';
import { binaryStar } from '../../src/binary-star/peer.machine.ts';
import { explore, tellCounterExample, type CounterExample, type Model } from '../../src/simulation/explore.ts';
import { classicStarModel } from '../../src/simulation/models/binary-star-classic.ts';
import { safeFailover } from '../../src/simulation/models/binary-star-pair.ts';
import { binaryStarModel } from '../../src/simulation/models/binary-star.ts';
import { plant } from '../simulation/plant.ts';
import { lateWords, W22, W23, W24 } from './weaknesses.ts';

const NEVER_WRONG = { crashes: 0, cuts: 0, losses: 0 };

async function expectSound(model: Model<string>): Promise<void> {
  const found = await explore(model, { mostStates: 100_000 });
  expect(found.counterExample && tellCounterExample(found.counterExample)).toBeUndefined();
  expect(found).toMatchObject({ complete: true, unreached: [] });
}

async function broken(model: Model<string>, property: string): Promise<CounterExample<string>> {
  const { counterExample } = await explore(model, { mostStates: 200_000 });
  expect(counterExample?.property).toBe(property);
  return counterExample as CounterExample<string>;
}

describe('two never serve at once', () => {
  test('where nothing goes wrong, however late the words are', async () => {
    for (const delay of [0, 1]) await expectSound(binaryStarModel({ ...NEVER_WRONG, delay }));
  });

  test('however often servers crash', async () => {
    await expectSound(binaryStarModel({ ...NEVER_WRONG, crashes: Infinity }));
  });

  test('where as many words are lost as are tolerated', async () => {
    await expectSound(binaryStarModel({ ...NEVER_WRONG, losses: 1, tolerated: 1 }));
  });

  test('once the link has been whole for two heartbeats, after it was cut and a word was lost', async () => {
    await expectSound(binaryStarModel({ ...NEVER_WRONG, cuts: 1, losses: 1 }));
  });
});

test('a backup on its own that stood still hears first what was said meanwhile', async () => {
  await expectSound(binaryStarModel({ ...NEVER_WRONG, pauses: 1, loneBackupAfter: 3 }));
});

test('a failover timeout that is no longer than the longest silence of a peer that is well breaks it', async () => {
  for (const delay of [0, 1]) {
    const failoverTimeout = safeFailover(delay, 0) - 1;
    const { steps } = await broken(binaryStarModel({ ...NEVER_WRONG, delay, failoverTimeout }), 'BS1');
    expect(steps.join('\n')).toContain('the backup serves, in epoch 2 (peer-silent)');
  }
});

describe('a bug in the table is found', () => {
  test('two that are active do not settle who goes on', async () => {
    const machine = plant(binaryStar, 'active', 'ACTIVE', (state) => state);
    const { steps } = await broken(binaryStarModel({ ...NEVER_WRONG, cuts: 1, machine }), 'BS1');
    expect(steps.join('\n')).toContain('the link is cut');
  });

  test('a takeover without a client', async () => {
    const machine = plant(binaryStar, 'passive', 'peerSilence', (state, _event, out, context) => {
      const epoch = state.epoch + 1;
      out.serve(epoch, 'peer-silent');
      out.arm('heartbeatDue', context.heartbeatInterval);
      out.arm('peerSilence', context.failoverTimeout);
      return { kind: 'active' as const, epoch, alone: true };
    });
    const { sentence } = await broken(binaryStarModel({ ...NEVER_WRONG, crashes: 1, machine }), 'BS3');
    expect(sentence).toMatch(/no client has asked/);
  });

  test('a takeover in the epoch of the server that is gone', async () => {
    const machine = plant(binaryStar, 'deserted', 'clientRequest', (state, _event, out, context) => {
      out.serve(state.epoch, 'peer-silent');
      out.arm('heartbeatDue', context.heartbeatInterval);
      out.arm('peerSilence', context.failoverTimeout);
      return { kind: 'active' as const, epoch: state.epoch, alone: true };
    });
    expect(await broken(binaryStarModel({ ...NEVER_WRONG, crashes: 1, machine }), 'BS4')).toBeDefined();
  });

  test('a passive server waits on though the one that was active has forgotten everything', async () => {
    const machine = plant(binaryStar, 'passive', 'WAITING', (state, _event, out, context) => {
      out.arm('peerSilence', context.failoverTimeout);
      return state;
    });
    const { sentence } = await broken(binaryStarModel({ ...NEVER_WRONG, crashes: 1, machine }), 'settles');
    expect(sentence).toMatch(/nothing has gone wrong for 5 ticks, and not exactly one of them serves/);
  });

  test('a word that may be old makes a server active', async () => {
    const machine = plant(binaryStar, 'waiting', 'WAITING', (state, event, out, context) => {
      const epoch = Math.max(state.epoch, event.epoch) + 1;
      out.serve(epoch, 'peer-waiting');
      out.arm('heartbeatDue', context.heartbeatInterval);
      out.arm('peerSilence', context.failoverTimeout);
      return { kind: 'active' as const, epoch, alone: false };
    });
    expect(await broken(binaryStarModel({ ...NEVER_WRONG, delay: 1, machine }), 'BS1')).toBeDefined();
  });
});

describe('the weaknesses of the Guide’s pair', () => {
  test('a pair whose link is never cut, and whose failover timeout is long enough, goes on through crashes', async () => {
    await expectSound(classicStarModel({ crashes: 3 }));
  });

  test('two serve though nothing has gone wrong, where words may be late by a heartbeat', async () => {
    const { steps } = await broken(lateWords.model, lateWords.rule);
    expect(steps.length).toBeLessThan(20);
    expect(steps.join('\n')).toContain('the backup serves');
    expect(steps.join('\n')).not.toMatch(/cut|lost|dies|stands still/);
  });

  test('W22: in the proof of concept a primary that restarts answers at once, while the backup serves', async () => {
    const { steps } = await broken(W22.model, W22.rule);
    expect(steps.at(-1)).toBe('the primary starts');
    expect(steps).toContain('the primary dies');
  });

  test('W23: a backup whose primary is gone for good never serves', async () => {
    const { steps, sentence } = await broken(W23.model, W23.rule);
    expect(sentence).toMatch(/^never again/);
    expect(steps.at(-1)).toBe('the primary dies');
  });

  test('W24: after a cut both serve, and when the link is whole again both stop for good', async () => {
    const { steps } = await broken(W24.model, W24.rule);
    const story = steps.join('\n');
    expect(story).toMatch(/the link is cut[^]*the backup serves[^]*the link is whole again/);
    expect(story).toContain('the backup stops for good (dual-active)');
    expect(story).toContain('the primary stops for good (dual-active)');
  });

  test('the hardened pair gets over all of that', async () => {
    const gone = { primaryReturns: false, loneBackupAfter: 3 };
    await expectSound(binaryStarModel({ ...NEVER_WRONG, crashes: 2, ...gone }));
    await expectSound(binaryStarModel({ ...NEVER_WRONG, cuts: 1 }));
  });
});
