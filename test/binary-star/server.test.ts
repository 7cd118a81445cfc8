/** A pair over the memory network: who serves, when, and what becomes of the requests. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Arbiter } from '../../src/binary-star/arbiter.ts';
import type { StarRole, StarWord } from '../../src/binary-star/peer.machine.ts';
import { encodeWord } from '../../src/binary-star/codec.ts';
import { FailoverTooShort, WrongState } from '../../src/binary-star/errors.ts';
import { BinaryStar, type BinaryStarServiceStarter } from '../../src/binary-star/server.ts';
import { InvalidOption } from '../../src/core/errors.ts';
import { LazyPirateServer } from '../../src/lazy-pirate/server.ts';
import { MajordomoBroker } from '../../src/majordomo/broker.ts';
import { MajordomoWorker } from '../../src/majordomo/worker.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { encodeEpoch } from '../../src/wire/epoch.ts';
import { uncaughtDuring } from '../support/uncaught.ts';
import { Outcome, World } from '../support/world.ts';
import { FRONTENDS, Pair, type Half } from './pair.ts';

let world: World;
let pair: Pair;
beforeEach(() => {
  world = new World();
  pair = new Pair(world);
});
afterEach(async () => {
  await world.end();
});

const known = (epoch: number): Buffer => encodeEpoch('known', epoch);
const served = (epoch: number): string => encodeEpoch('served', epoch).toString('latin1');
const passive = (epoch: number): string => encodeEpoch('passive', epoch).toString('latin1');

describe('the beginning', () => {
  test('of two that have just begun the primary serves', async () => {
    const primary = await pair.start('primary');
    const backup = await pair.start('backup');
    await world.advance(600);
    expect([primary.state, backup.state]).toEqual(['active', 'passive']);
    expect(primary.told).toEqual(['peerFound', 'becameActive 1 peer-waiting']);
    expect(backup.told).toEqual(['peerFound', 'becamePassive 1 peer-serves']);
    const client = world.peer(FRONTENDS.primary);
    client.send('', 'hello');
    await world.advance(10);
    expect(client.take()).toEqual([['', 'primary 1', 'hello']]);
  });
});

describe('a fail-over', () => {
  test('when the primary dies, what clients ask the backup is kept, and served at once', async () => {
    const primary = await pair.start('primary');
    const backup = await pair.start('backup');
    await world.advance(600);
    await primary.process.kill();
    const client = world.peer(FRONTENDS.backup);
    client.send('', 'hello');
    await world.advance(99);
    expect(client.take()).toEqual([]);
    await world.advance(10);
    expect(client.take()).toEqual([['', 'backup 2', 'hello']]);
    expect(backup.told.slice(2)).toEqual(['peerLost', 'becameActive 2 peer-silent']);
  });

  test('without hints the backup waits until the primary has been silent for failoverTimeout', async () => {
    const primary = await pair.start('primary', { deathHint: false });
    await pair.start('backup', { deathHint: false });
    await world.advance(600);
    await primary.process.kill();
    const client = world.peer(FRONTENDS.backup);
    client.send('', 'hello');
    await world.advance(1800);
    expect(client.take()).toEqual([]);
    await world.advance(250);
    expect(client.take()).toEqual([['', 'backup 2', 'hello']]);
  });

  test('nobody asks: the backup does not take over', async () => {
    const primary = await pair.start('primary');
    const backup = await pair.start('backup');
    await world.advance(600);
    await primary.process.kill();
    await world.advance(60_000);
    expect(backup.state).toBe('deserted');
  });
});

describe('a client at the wrong server', () => {
  test('is told so at once if it would understand, and hears nothing if not', async () => {
    await pair.start('primary');
    await pair.start('backup');
    await world.advance(600);
    const ours = world.peer(FRONTENDS.backup);
    const plain = world.peer(FRONTENDS.backup);
    const worker = world.peer(FRONTENDS.backup);
    ours.send(known(0), '', 'hello');
    plain.send('', 'hello');
    worker.send('', 'MDPW01', '\x01', 'echo', known(0));
    await world.advance(10);
    expect(ours.take()).toEqual([[passive(1)]]);
    expect(worker.take()).toEqual([[passive(1)]]);
    await world.advance(10_000);
    expect(plain.take()).toEqual([]);
  });

  test('who asked before anybody served is told as soon as the other one serves, and is no vote any more', async () => {
    const backup = await pair.start('backup');
    const client = world.peer(FRONTENDS.backup);
    client.send(known(0), '', 'hello');
    await world.advance(20);
    const primary = await pair.start('primary');
    await world.advance(700);
    expect(client.take()).toEqual([[passive(1)]]);
    await primary.process.kill();
    await world.advance(3000);
    expect(backup.state).toBe('deserted');
  });

  test('gets the epoch of the server that answers', async () => {
    await pair.start('primary');
    await pair.start('backup');
    await world.advance(600);
    const client = world.peer(FRONTENDS.primary);
    client.send(known(0), '', 'hello');
    await world.advance(10);
    expect(client.take()).toEqual([[served(1), '', 'primary 1', 'hello']]);
  });
});

/** Both have begun, and the primary serves. */
async function both(options: Parameters<Pair['start']>[1] = {}): Promise<{ primary: Half; backup: Half }> {
  const primary = await pair.start('primary', options);
  const backup = await pair.start('backup', options);
  await world.advance(600);
  expect([primary.state, backup.state]).toEqual(['active', 'passive']);
  return { primary, backup };
}

/** What somebody who asks there hears within 20 ms. */
async function ask(endpoint: string, ...frames: (string | Buffer)[]): Promise<string[][]> {
  const client = world.peer(endpoint);
  client.send(...(frames.length === 0 ? ['', 'hello'] : frames));
  await world.advance(20);
  return client.take();
}

describe('a restart', () => {
  test('a primary that comes back is passive beside the backup that took over, and answers nobody (W22)', async () => {
    const { primary, backup } = await both();
    await primary.process.kill();
    world.peer(FRONTENDS.backup).send('', 'vote');
    await world.advance(200);
    expect(backup.state).toBe('active');
    const again = await pair.start('primary');
    expect(await ask(FRONTENDS.primary)).toEqual([]);
    await world.advance(1000);
    expect(again.told).toEqual(['peerFound', 'becamePassive 2 peer-serves']);
    expect(await ask(FRONTENDS.primary)).toEqual([]);
    expect(await ask(FRONTENDS.backup)).toEqual([['', 'backup 2', 'hello']]);
  });

  test('an active server that comes back before it was missed: the other one takes over at once', async () => {
    const { primary, backup } = await both({ deathHint: false });
    await primary.process.kill();
    const again = await pair.start('primary', { deathHint: false });
    await world.advance(700);
    expect([again.state, backup.state]).toEqual(['passive', 'active']);
    expect(backup.told.at(-1)).toBe('becameActive 2 peer-waiting');
  });

  test('both restart: epochs begin anew, and go on above what a client brings', async () => {
    await both();
    expect(await ask(FRONTENDS.primary, known(5), '', 'hello')).toEqual([[served(6), '', 'primary 1', 'hello']]);
  });
});

describe('alone', () => {
  test('a primary on its own serves whoever asks when failoverTimeout has passed', async () => {
    const primary = await pair.start('primary');
    const client = world.peer(FRONTENDS.primary);
    client.send('', 'hello');
    await world.advance(1990);
    expect(client.take()).toEqual([]);
    await world.advance(20);
    expect(client.take()).toEqual([['', 'primary 1', 'hello']]);
    expect(primary.star.inspect().peer.there).toBe(false);
  });

  test('a backup on its own serves nobody, until somebody says so (W23)', async () => {
    const backup = await pair.start('backup');
    await world.advance(10_000);
    expect(await ask(FRONTENDS.backup)).toEqual([]);
    expect(backup.state).toBe('lone');
    backup.star.activate();
    expect(await ask(FRONTENDS.backup)).toEqual([['', 'backup 1', 'hello']]);
    expect(() => backup.star.activate()).toThrow(WrongState);
  });

  test('said at once it counts when the peer has been silent for failoverTimeout', async () => {
    const backup = await pair.start('backup');
    backup.star.activate();
    await world.advance(1990);
    expect(backup.state).toBe('waiting');
    await world.advance(20);
    expect(backup.state).toBe('active');
  });

  test('a backup on its own serves by itself after loneBackupAfter, if somebody asks', async () => {
    const backup = await pair.start('backup', { loneBackupAfter: 5000 });
    await world.advance(8000);
    expect(backup.state).toBe('deserted');
    expect(await ask(FRONTENDS.backup)).toEqual([['', 'backup 1', 'hello']]);
  });

  test('what was asked of a backup that never serves is dropped after a while', async () => {
    const backup = await pair.start('backup');
    world.peer(FRONTENDS.backup).send('', 'hello');
    await world.advance(2900);
    expect(backup.star.inspect().held).toBe(1);
    await world.advance(200);
    expect(backup.star.inspect()).toMatchObject({ held: 0, counters: { votes: 1, dropped: 1 } });
  });

  test('no more requests wait than may', async () => {
    const backup = await pair.start('backup', { maxHeldRequests: 2 });
    const client = world.peer(FRONTENDS.backup);
    for (let i = 0; i < 5; i++) client.send('', String(i));
    await world.settle();
    expect(backup.star.inspect()).toMatchObject({ held: 2, counters: { votes: 5, dropped: 3 } });
  });

  test('no more bytes wait than may', async () => {
    const backup = await pair.start('backup', { maxHeldBytes: 250 });
    const client = world.peer(FRONTENDS.backup);
    for (let i = 0; i < 5; i++) client.send('', 'x'.repeat(100));
    await world.settle();
    expect(backup.star.inspect()).toMatchObject({ held: 2, counters: { votes: 5, dropped: 3 } });
    await client.close();
    await world.settle();
    world.peer(FRONTENDS.backup).send('', 'x'.repeat(250));
    await world.settle();
    expect(backup.star.inspect()).toMatchObject({ held: 1, counters: { votes: 6, dropped: 3 } });
  });

  test('a client that has left is not served when its turn comes', async () => {
    const { primary, backup } = await both({ deathHint: false });
    await primary.process.kill();
    const client = world.peer(FRONTENDS.backup);
    client.send('', 'hello');
    await world.advance(100);
    await client.close();
    await world.advance(3000);
    expect(backup.star.inspect()).toMatchObject({ state: 'active', held: 0 });
    expect((backup.star.inspect().service as { counters: { requests: number } }).counters.requests).toBe(0);
  });
});

describe('a cut between the two', () => {
  test('with clients on both sides makes two active; when it heals the later epoch goes on, and one is left (W24)', async () => {
    const { primary, backup } = await both();
    pair.cut();
    await world.advance(2100);
    expect(await ask(FRONTENDS.backup)).toEqual([['', 'backup 2', 'hello']]);
    expect([primary.state, backup.state]).toEqual(['active', 'active']);
    const told = primary.told.length;
    pair.heal();
    await world.advance(1000);
    expect([primary.state, backup.state]).toEqual(['passive', 'active']);
    expect(primary.told.slice(told)).toEqual(['peerFound', 'fenced 1 2 peer', 'becamePassive 2 outranked']);
  });

  test('an old server steps down when a client tells it of a later epoch, though it cannot hear its peer', async () => {
    const { primary, backup } = await both();
    pair.cut();
    await world.advance(2100);
    expect(await ask(FRONTENDS.backup, known(1), '', 'x')).toEqual([[served(2), '', 'backup 2', 'x']]);
    expect(await ask(FRONTENDS.primary, known(2), '', 'x')).toEqual([]);
    expect([primary.state, backup.state]).toEqual(['passive', 'active']);
    expect(primary.told).toContain('fenced 1 2 client');
  });

  test('what an old server still has in hand learns that it counts no more', async () => {
    const stands: AbortSignal[] = [];
    const work: BinaryStarServiceStarter = (stand) => {
      stands.push(stand.signal);
      return pair.service('primary', () => new Promise(() => undefined))(stand);
    };
    const primary = await pair.start('primary', {}, work);
    await pair.start('backup');
    await world.advance(1000);
    world.peer(FRONTENDS.primary).send('', 'slow');
    await world.advance(10);
    expect(stands.map(({ aborted }) => aborted)).toEqual([false]);
    pair.cut();
    await world.advance(2100);
    await ask(FRONTENDS.backup);
    pair.heal();
    await world.advance(1000);
    expect(primary.state).toBe('passive');
    expect(stands.map(({ aborted }) => aborted)).toEqual([true]);
  });

  test('a half that was alone when it began, and then finds that its peer serves, says so', async () => {
    const primary = await pair.start('primary');
    const backup = await pair.start('backup');
    pair.cut();
    await world.advance(3000);
    expect([primary.state, backup.state]).toEqual(['deserted', 'lone']);
    backup.star.activate();
    pair.heal();
    await world.advance(600);
    expect([primary.state, backup.state]).toEqual(['passive', 'active']);
    expect(primary.told).toContain('becamePassive 1 peer-serves');
  });

  test('clients of a server that steps down lose their connections at once', async () => {
    await both();
    const client = world.peer(FRONTENDS.primary);
    client.send('', 'hello');
    await world.advance(5);
    pair.cut();
    await world.advance(2100);
    await ask(FRONTENDS.backup);
    expect(client.gone).toBe(0);
    pair.heal();
    await world.advance(600);
    expect(client.gone).toBe(1);
  });

  test('a connection that breaks while both live is no reason to take over', async () => {
    const { backup } = await both();
    const client = world.peer(FRONTENDS.backup);
    client.send('', 'hello');
    await world.settle();
    for (const endpoint of ['memory://primary-peer', 'memory://backup-peer']) world.network.cut(endpoint);
    await world.advance(5000);
    expect(backup.state).toBe('passive');
    expect(client.take()).toEqual([]);
  });
});

describe('a standstill', () => {
  test('of an active server longer than maxPause: it asks its peer before it serves on, and what came meanwhile is served', async () => {
    const { primary } = await both();
    const client = world.peer(FRONTENDS.primary);
    client.send('', 'before');
    await world.advance(10);
    expect(client.take()).toEqual([['', 'primary 1', 'before']]);
    world.time.jump(1600);
    client.send('', 'after');
    await world.advance(600);
    expect(primary.told.slice(2)).toEqual(['suspended 1', 'resumed 1']);
    expect(client.take()).toEqual([['', 'primary 1', 'after']]);
  });

  test('while which a crowd leaves: those who left take nobody’s place', async () => {
    const { primary } = await both({ maxHeldRequests: 2 });
    const crowd = Array.from({ length: 5 }, () => world.peer(FRONTENDS.primary));
    for (const each of crowd) each.send('', 'before');
    await world.advance(10);
    const clients = ['one', 'two'].map((name) => ({ name, peer: world.peer(FRONTENDS.primary) }));
    pair.cut();
    world.time.jump(1600);
    clients[0]?.peer.send('', 'one');
    await world.advance(10);
    expect(primary.state).toBe('doubting');
    for (const each of crowd) void each.close();
    await world.advance(10);
    clients[1]?.peer.send('', 'two');
    await world.advance(10);
    expect(primary.star.inspect()).toMatchObject({ held: 2, counters: { dropped: 0 } });
    pair.heal();
    await world.advance(600);
    for (const { name, peer } of clients) expect(peer.take()).toEqual([['', 'primary 1', name]]);
  });

  test('no longer than maxPause is none', async () => {
    const { primary, backup } = await both();
    world.time.jump(900);
    await world.advance(2000);
    expect([primary.state, backup.state]).toEqual(['active', 'passive']);
    expect(primary.told.slice(2)).toEqual([]);
  });

  test('of an active server whose peer does not answer: it serves on alone', async () => {
    const { primary, backup } = await both();
    await backup.process.kill();
    await world.advance(3000);
    world.time.jump(5000);
    await world.advance(400);
    expect(primary.state).toBe('doubting');
    await world.advance(400);
    expect(primary.state).toBe('active');
    expect(await ask(FRONTENDS.primary)).toEqual([['', 'primary 1', 'hello']]);
  });
});

describe('an operator', () => {
  test('lets the active server hand over: what is in hand is finished, and the other serves at once', async () => {
    let finish: () => void = () => undefined;
    const primary = await pair.start(
      'primary',
      {},
      pair.service('primary', () => new Promise<void>((resolve) => (finish = resolve))),
    );
    const backup = await pair.start('backup');
    await world.advance(600);
    const client = world.peer(FRONTENDS.primary);
    client.send('', 'slow');
    await world.advance(10);
    const handedOver = new Outcome(primary.star.handOver());
    await world.advance(100);
    expect([primary.state, backup.state, handedOver.state]).toEqual(['resigning', 'passive', 'open']);
    finish();
    await world.advance(20);
    expect(client.take()).toEqual([['', 'primary 1', 'slow']]);
    expect([primary.state, backup.state, handedOver.state]).toEqual(['passive', 'active', 'fulfilled']);
    expect(backup.told.at(-1)).toBe('becameActive 2 peer-resigned');
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
    'lets the active server hand over while clients ask the other one, whose questions cross its word: that serves (%i turns between)',
    async (turns) => {
      const { primary, backup } = await both();
      const clients = [world.peer(FRONTENDS.backup), world.peer(FRONTENDS.backup)];
      clients[0]?.send('', 'before');
      const handedOver = new Outcome(primary.star.handOver());
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      clients[1]?.send('', 'after');
      await world.advance(1000);
      expect([primary.state, backup.state, handedOver.state]).toEqual(['passive', 'active', 'fulfilled']);
      expect(primary.told.filter((told) => told.startsWith('became'))).toEqual([
        'becameActive 1 peer-waiting',
        'becamePassive 1 handed-over',
      ]);
      expect(backup.told.at(-1)).toBe('becameActive 2 peer-resigned');
      expect(backup.star.inspect().peer.word).toBe('passive');
    },
  );

  test.each(['hands over', 'closes'])(
    '%s, and a question crosses its last word: it says it again, as its answer, until the other serves',
    async (what) => {
      const ear = await world.rawBroker('memory://backup-peer');
      const mouth = world.peer('memory://primary-peer');
      const heard = (): [word: string | undefined, epoch: number, answer: number][] =>
        ear.take().map(({ frames }) => {
          const word = Buffer.from(frames[2] as string, 'latin1');
          return [['waiting', 'active', 'passive', 'resigned'][word[1] as number], word.readUIntBE(2, 6), word.readUIntBE(22, 6)];
        });
      const say = async (word: StarWord, epoch: number, question: number): Promise<void> => {
        mouth.send(...encodeWord({ role: 'backup', instance: '0123456789abcdef', word, epoch, question, answer: 0, sequence: 0 }));
        await world.advance(5);
      };
      const primary = await pair.start('primary');
      await world.advance(2000);
      world.peer(FRONTENDS.primary).send('', 'hello');
      await world.advance(20);
      await say('passive', 1, 7);
      expect(primary.state).toBe('active');
      heard();
      const done = new Outcome(what === 'closes' ? primary.star.close() : primary.star.handOver());
      await world.advance(5);
      expect(heard()).toEqual([['resigned', 1, 7]]);
      await say('passive', 1, 8);
      expect(heard().at(-1)).toEqual(['resigned', 1, 8]);
      expect([primary.state, done.state]).toEqual(what === 'closes' ? ['closed', 'open'] : ['passive', 'fulfilled']);
      await say('active', 2, 0);
      expect([primary.state, done.state]).toEqual([what === 'closes' ? 'closed' : 'passive', 'fulfilled']);
    },
  );

  test('takes a resignation that answers no question of its own for doubtful, and asks', async () => {
    const ear = await world.rawBroker('memory://primary-peer');
    const mouth = world.peer('memory://backup-peer');
    const question = (): number =>
      Math.max(...ear.take().map(({ frames }) => Buffer.from(frames[2] as string, 'latin1').readUIntBE(16, 6)));
    const say = async (word: StarWord, answer: number): Promise<void> => {
      mouth.send(...encodeWord({ role: 'primary', instance: '0123456789abcdef', word, epoch: 1, question: 0, answer, sequence: 0 }));
      await world.advance(5);
    };
    const backup = await pair.start('backup');
    await world.advance(5);
    await say('active', 0);
    await say('active', question());
    expect([backup.state, question()]).toEqual(['passive', -Infinity]);
    await say('resigned', 0);
    expect(backup.state).toBe('passive');
    await say('resigned', question());
    expect(backup.told.at(-1)).toBe('becameActive 2 peer-resigned');
  });

  test('closes, and does not want the state of the one that takes over', async () => {
    let snapshots = 0;
    const state = {
      snapshot: (): string => {
        snapshots++;
        return '';
      },
      restore: (): void => undefined,
      apply: (): void => undefined,
    };
    const primary = await pair.start('primary', { state });
    const backup = await pair.start('backup', { state });
    await world.advance(1200);
    expect(snapshots).toBe(1);
    const closed = new Outcome(primary.star.close());
    await world.advance(300);
    expect([backup.state, closed.state, snapshots]).toEqual(['active', 'fulfilled', 1]);
  });

  test('closes without waiting for an answer where the other one’s process has just ended', async () => {
    const { primary, backup } = await both();
    await backup.process.kill();
    await world.advance(5);
    const closed = new Outcome(primary.star.close());
    // Its last word may take so long to be delivered.
    await world.advance(205);
    expect(closed.state).toBe('fulfilled');
  });

  test('closes though the other does not say that it serves: a moment later', async () => {
    const { primary, backup } = await both();
    backup.process.dead = true;
    const closed = new Outcome(primary.star.close());
    await world.advance(100);
    expect(closed.state).toBe('open');
    await world.advance(200);
    expect(closed.state).toBe('fulfilled');
  });

  test('cannot have a server hand over to nobody', async () => {
    const { primary, backup } = await both();
    await expect(backup.star.handOver()).rejects.toBeInstanceOf(WrongState);
    await backup.process.kill();
    await world.advance(3000);
    await expect(primary.star.handOver()).rejects.toBeInstanceOf(WrongState);
  });

  test('stops the active server: the other one serves at once', async () => {
    const { primary, backup } = await both();
    const closing = primary.star.close();
    await world.advance(50);
    await closing;
    expect(backup.state).toBe('active');
    expect(await ask(FRONTENDS.backup)).toEqual([['', 'backup 2', 'hello']]);
  });
});

describe('set up wrongly', () => {
  const other = async (role: StarRole): Promise<BinaryStar> => {
    const [mine, its] = role === 'primary' ? ['backup', 'primary'] : ['primary', 'backup'];
    const star = await BinaryStar.listen(
      { role, frontends: 'memory://other', peer: { listen: `memory://${mine}-peer`, connect: `memory://${its}-peer` } },
      pair.service(role),
      { ...world.ports(), random: () => 0.123, name: 'other' },
    );
    return world.keep(star);
  };

  test('two primaries are told of each other, and neither takes the other for its peer', async () => {
    const one = await pair.start('primary');
    const star = await other('primary');
    const why: string[] = [];
    star.events.on('misconfigured', (event) => why.push(event.why));
    await world.advance(1500);
    expect(why).toEqual(['both servers are set up as primary']);
    expect(one.told).toEqual(['misconfigured']);
    expect([one.state, star.inspect().state]).toEqual(['waiting', 'waiting']);
  });

  test('of two primaries neither serves, however long clients ask; it is said again while they do, and an operator decides', async () => {
    const one = await pair.start('primary');
    const star = await other('primary');
    const clients = [world.peer(FRONTENDS.primary), world.peer('memory://other')];
    for (let seconds = 0; seconds < 9; seconds++) {
      for (const client of clients) client.send('', 'hello');
      await world.advance(1000);
    }
    expect([one.state, star.inspect().state]).toEqual(['waiting', 'waiting']);
    expect(one.told).toEqual(Array.from({ length: 5 }, () => 'misconfigured'));
    star.activate();
    await world.advance(2100);
    expect([one.state, star.inspect().state]).toEqual(['waiting', 'active']);
    expect(clients.map((client) => client.take().length > 0)).toEqual([false, true]);
  });

  test('of two backups neither serves, also with loneBackupAfter', async () => {
    const one = await pair.start('backup', { loneBackupAfter: 1000 });
    await world.advance(2500);
    const star = await other('backup');
    const client = world.peer(FRONTENDS.backup);
    for (let seconds = 0; seconds < 9; seconds++) {
      client.send('', 'hello');
      await world.advance(1000);
    }
    expect([one.state, star.inspect().state]).toEqual(['lone', 'waiting']);
  });

  test('a backup that is started again as a second primary: the one that was passive does not take over before that one is gone', async () => {
    const primary = await pair.start('primary');
    const backup = await pair.start('backup');
    await world.advance(600);
    await primary.star.handOver();
    await world.advance(600);
    expect([primary.state, backup.state]).toEqual(['passive', 'active']);
    await backup.process.kill();
    const star = await other('primary');
    const client = world.peer(FRONTENDS.primary);
    for (let seconds = 0; seconds < 5; seconds++) {
      client.send('', 'hello');
      await world.advance(1000);
    }
    expect([primary.state, star.inspect().state]).toEqual(['deserted', 'waiting']);
    await star.close();
    await world.advance(2000);
    client.send('', 'hello');
    await world.advance(20);
    expect(primary.state).toBe('active');
  });

  test('wrong options are told at once, the times with their numbers', async () => {
    const place = { role: 'primary' as const, frontends: 'memory://f', peer: { listen: 'memory://a', connect: 'memory://b' } };
    const start = (given: object, options: object = {}): Promise<unknown> =>
      BinaryStar.listen({ ...place, ...given }, pair.service('primary'), { ...world.ports(), ...options });
    await expect(start({}, { failoverTimeout: 1750 })).rejects.toThrow('500 × (1 + 1) + 250 + 500 = 1750 ms');
    await expect(start({}, { failoverTimeout: 1750 })).rejects.toBeInstanceOf(FailoverTooShort);
    for (const wrong of [
      { role: 'first' },
      { frontends: [] },
      { frontends: ['memory://f', 'memory://f'] },
      { peer: { listen: 'memory://a', connect: 'memory://a' } },
      { peer: { listen: 'memory://a' } },
    ])
      await expect(start(wrong)).rejects.toBeInstanceOf(InvalidOption);
    for (const wrong of [
      { mode: 'soft' },
      { heartbeatInterval: 0 },
      { hintDelay: 5000 },
      { arbiter: {} },
      { mode: 'classic', arbiter: { claim: () => undefined, release: () => undefined } },
      { state: { snapshot: 1 } },
      { unknown: 1 },
    ])
      await expect(start({}, wrong)).rejects.toBeInstanceOf(InvalidOption);
    expect(world.transport.open.size).toBe(0);
  });

  test('a server inside that does not start ends its half, and the other takes over', async () => {
    const primary = await pair.start('primary', {}, () => Promise.reject(new Error('no disk')));
    const unusable = primary.star.events.once('unusable');
    const backup = await pair.start('backup');
    await world.advance(600);
    expect((await unusable).error).toMatchObject({ code: 'SERVICE_FAILED', cause: { message: 'no disk' } });
    expect([primary.state, backup.state]).toEqual(['closed', 'active']);
  });

  test('a server inside that does not start, and nobody who listens for it: the error is thrown when the half has ended', async () => {
    const primary = await pair.start('primary', {}, () => Promise.reject(new Error('no disk')));
    const uncaught = await uncaughtDuring(async () => {
      await pair.start('backup');
      await world.advance(600);
    });
    expect(uncaught).toEqual([expect.objectContaining({ code: 'SERVICE_FAILED', cause: new Error('no disk') })]);
    expect(primary.state).toBe('closed');
  });

  test('what is missing in a place or in a port is named', async () => {
    const place = { role: 'primary', frontends: FRONTENDS.primary, peer: { listen: 'memory://a', connect: 'memory://b' } } as const;
    const refused = async (wrong: object, options: object = {}): Promise<string> =>
      BinaryStar.listen(wrong as never, pair.service('primary'), { ...world.ports(), ...options }).then(
        () => 'nothing',
        (error: unknown) => (error as Error).message,
      );
    expect([
      await refused(undefined as never),
      await refused({ ...place, peer: undefined }),
      await refused(place, { state: { snapshot: () => '' } }),
      await refused(place, { state: 5 }),
    ]).toEqual([
      'option "place" must be an object with role, frontends and peer, not undefined',
      'option "peer" must be an object with listen and connect, not undefined',
      'option "state" must be an object with the methods snapshot, restore, apply; it has no restore, no apply',
      'option "state" must be an object with the methods snapshot, restore, apply, not 5',
    ]);
  });

  test('a function that starts a server, and does not return it, ends its half', async () => {
    const primary = await pair.start('primary', {}, (async () => undefined) as never);
    const unusable = primary.star.events.once('unusable');
    const backup = await pair.start('backup');
    await world.advance(600);
    expect((await unusable).error).toMatchObject({ code: 'SERVICE_FAILED', cause: { code: 'INVALID_OPTION', option: 'service' } });
    expect([primary.state, backup.state]).toEqual(['closed', 'active']);
  });

  test('a server inside that was not given the transport of its stand is told so', async () => {
    const primary = await pair.start('primary', {}, ({ frontend }) => LazyPirateServer.listen(frontend, () => '', world.ports()));
    const unusable = primary.star.events.once('unusable');
    await pair.start('backup');
    await world.advance(600);
    expect((await unusable).error.message).toBe(
      'the server of this Binary Star could not be started: memory://primary is this half’s own: pass stand.transport to the server',
    );
  });
});

describe('the hand-over of state', () => {
  class Counter {
    total = 0;
    snapshot(): string {
      return String(this.total);
    }
    restore([total]: readonly Buffer[]): void {
      this.total = Number(total);
    }
    fails = false;
    apply([by]: readonly Buffer[]): void {
      if (this.fails) throw new Error('full');
      this.total += Number(by);
    }
  }

  test('the passive server takes a snapshot, then each update, and goes on from there', async () => {
    const states = { primary: new Counter(), backup: new Counter() };
    const primary = await pair.start('primary', { state: states.primary });
    states.primary.total = 10;
    const backup = await pair.start('backup', { state: states.backup });
    await world.advance(1200);
    expect(states.backup.total).toBe(10);
    states.primary.total += 5;
    const applied = new Outcome(primary.star.replicate('5'));
    await world.advance(5);
    expect([applied.value, states.backup.total]).toEqual([true, 15]);
    expect(backup.star.inspect().replication).toEqual({ sequence: 1, synchronised: true });
    await primary.process.kill();
    const told: boolean[] = [];
    backup.star.events.on('becameActive', ({ synchronised }) => told.push(synchronised));
    await ask(FRONTENDS.backup);
    await world.advance(200);
    expect(told).toEqual([true]);
    await expect(backup.star.replicate('1')).resolves.toBe(false);
  });

  test('what was missed while the two were cut off is made good by a snapshot', async () => {
    const states = { primary: new Counter(), backup: new Counter() };
    const primary = await pair.start('primary', { state: states.primary });
    await pair.start('backup', { state: states.backup });
    await world.advance(1200);
    pair.cut();
    const lost = new Outcome(primary.star.replicate('7'));
    states.primary.total = 7;
    await world.advance(2500);
    expect(lost.value).toBe(false);
    for (const endpoint of ['memory://primary-peer', 'memory://backup-peer']) world.network.cut(endpoint);
    pair.heal();
    await world.advance(2000);
    expect(states.backup.total).toBe(7);
  });

  test('when the passive server dies, whoever waits for an update to be applied there waits no longer than hintDelay', async () => {
    const states = { primary: new Counter(), backup: new Counter() };
    const primary = await pair.start('primary', { state: states.primary });
    const backup = await pair.start('backup', { state: states.backup });
    await world.advance(1200);
    const update = new Outcome(primary.star.replicate('7'));
    await backup.process.kill();
    await world.advance(90);
    expect(update.value).toBeUndefined();
    await world.advance(20);
    expect(update.value).toBe(false);
    const next = new Outcome(primary.star.replicate('7'));
    await world.advance(1);
    expect(next.value).toBe(false);
    await pair.start('backup', { state: states.backup });
    await world.advance(1200);
    const last = new Outcome(primary.star.replicate('7'));
    await world.advance(5);
    expect(last.value).toBe(true);
  });

  test('when only the connection breaks, updates are applied on', async () => {
    const states = { primary: new Counter(), backup: new Counter() };
    const primary = await pair.start('primary', { state: states.primary });
    const backup = await pair.start('backup', { state: states.backup });
    await world.advance(1200);
    for (const endpoint of ['memory://primary-peer', 'memory://backup-peer']) world.network.cut(endpoint);
    await world.advance(600);
    states.primary.total += 7;
    const update = new Outcome(primary.star.replicate('7'));
    await world.advance(5);
    expect([update.value, states.backup.total]).toEqual([true, 7]);
    expect(backup.told).toEqual(['peerFound', 'becamePassive 1 peer-serves']);
  });

  test('a function that fails is told, and tried again with a snapshot', async () => {
    const states = { primary: new Counter(), backup: new Counter() };
    const primary = await pair.start('primary', { state: states.primary });
    const backup = await pair.start('backup', { state: states.backup });
    await world.advance(1200);
    const failed: unknown[] = [];
    backup.star.events.on('stateFailed', ({ error }) => failed.push(error));
    states.backup.fails = true;
    states.primary.total = 3;
    void primary.star.replicate('3');
    await world.advance(10);
    states.backup.fails = false;
    await world.advance(1500);
    expect(failed).toHaveLength(1);
    expect(states.backup.total).toBe(3);
  });
});

test('whoever waits for an update that the peer cannot apply learns so within failoverTimeout and a heartbeat', async () => {
  const state = { snapshot: () => '', restore: () => undefined, apply: () => undefined };
  const primary = await pair.start('primary', { state });
  await pair.start('backup');
  await world.advance(1200);
  const applied = new Outcome(primary.star.replicate('5'));
  await world.advance(1900);
  expect(applied.state).toBe('open');
  await world.advance(700);
  expect(applied.value).toBe(false);
});

describe('an arbiter', () => {
  /** Keeps the lease; cannot be reached by some. */
  class Keeper implements Arbiter {
    holder: { instance: string; until: number } | undefined;
    epoch = 0;
    readonly unreachable = new Set<string>();
    claim: Arbiter['claim'] = ({ role, instance, epoch, leaseTime }) => {
      if (this.unreachable.has(role)) return Promise.reject(new Error('no route'));
      const now = world.clock.now();
      if (this.holder !== undefined && this.holder.instance !== instance && this.holder.until > now)
        return Promise.resolve({ granted: false, epoch: this.epoch });
      this.epoch = this.holder?.instance === instance ? Math.max(this.epoch, epoch) : Math.max(this.epoch + 1, epoch);
      this.holder = { instance, until: now + leaseTime };
      return Promise.resolve({ granted: true, epoch: this.epoch });
    };
    release: Arbiter['release'] = ({ instance }) => {
      if (this.holder?.instance === instance) this.holder = undefined;
      return Promise.resolve();
    };
  }

  test('a server that is cut off from its peer and from the arbiter stops before the other begins', async () => {
    const arbiter = new Keeper();
    const { primary, backup } = await both({ arbiter });
    pair.cut();
    arbiter.unreachable.add('primary');
    const client = world.peer(FRONTENDS.backup);
    let both_ = 0;
    for (let t = 0; t < 8000; t += 100) {
      client.send('', 'vote');
      await world.advance(100);
      if (primary.state === 'active' && backup.state === 'active') both_++;
    }
    expect(both_).toBe(0);
    expect([primary.state, backup.state]).toEqual(['deserted', 'active']);
    expect(primary.told).toContain('fenced 1 1 arbiter');
  });

  test('the backup does not serve while the arbiter says that the primary does', async () => {
    const arbiter = new Keeper();
    const { primary, backup } = await both({ arbiter });
    pair.cut();
    const client = world.peer(FRONTENDS.backup);
    for (let t = 0; t < 8000; t += 500) {
      client.send('', 'vote');
      await world.advance(500);
    }
    expect([primary.state, backup.state]).toEqual(['active', 'electing']);
    expect(client.take()).toEqual([]);
    pair.heal();
    await world.advance(1000);
    expect(backup.state).toBe('passive');
  });

  test('a server that closes gives its lease back: the other one serves at once', async () => {
    const arbiter = new Keeper();
    const { primary, backup } = await both({ arbiter });
    void primary.star.close();
    await world.advance(700);
    expect(backup.state).toBe('active');
    expect(backup.star.inspect().epoch).toBe(2);
  });
});

describe('a Majordomo broker inside', () => {
  test('workers register with it through the door of the pair, and the epoch is in the answers', async () => {
    const { clock, random } = world.ports();
    const broker: BinaryStarServiceStarter = ({ transport, frontend }) => MajordomoBroker.listen(frontend, { transport, clock, random });
    await pair.start('primary', {}, broker);
    await pair.start('backup', {}, broker);
    await world.advance(600);
    world.keep(MajordomoWorker.connect(FRONTENDS.primary, 'echo', ({ body }) => body, world.ports()));
    await world.advance(200);
    expect(await ask(FRONTENDS.primary, known(1), '', 'MDPC01', 'echo', 'hi')).toEqual([[served(1), '', 'MDPC01', 'echo', 'hi']]);
    expect(await ask(FRONTENDS.primary, '', 'MDPC01', 'echo', 'hi')).toEqual([['', 'MDPC01', 'echo', 'hi']]);
  });
});

describe('classic mode', () => {
  const CLASSIC = { mode: 'classic' } as const;

  test('of two that have just begun the primary serves; the backup takes over from a silent one, and the vote is served', async () => {
    const primary = await pair.start('primary', CLASSIC);
    const backup = await pair.start('backup', CLASSIC);
    await world.advance(2100);
    expect([primary.state, backup.state]).toEqual(['active', 'passive']);
    expect(await ask(FRONTENDS.primary)).toEqual([['', 'primary 0', 'hello']]);
    expect(await ask(FRONTENDS.backup)).toEqual([]);
    await primary.process.kill();
    await world.advance(1500);
    expect(await ask(FRONTENDS.backup)).toEqual([]);
    await world.advance(1500);
    expect(await ask(FRONTENDS.backup)).toEqual([['', 'backup 0', 'hello']]);
  });

  test('a server that is closed finishes what it has in hand first', async () => {
    const slow = pair.service('primary', () => new Promise((resolve) => void world.clock.setTimeout(resolve, 300)));
    const primary = await pair.start('primary', { mode: 'classic' }, slow);
    await pair.start('backup', { mode: 'classic' });
    await world.advance(3000);
    const client = world.peer(FRONTENDS.primary);
    client.send('', 'slow');
    await world.advance(10);
    const closed = new Outcome(primary.star.close());
    await world.advance(400);
    expect(client.take()).toEqual([['', 'primary 0', 'slow']]);
    expect(closed.state).toBe('fulfilled');
  });

  test('the words are single digits, as the Guide publishes them', async () => {
    const heard: string[] = [];
    const subscriber = world.network.subscribe?.('memory://primary-peer', {
      message: (_peer, message) => heard.push(`${message.frameCount}:${message.text(0)}`),
      peerGone: () => undefined,
      overflow: () => undefined,
      batchEnd: () => undefined,
    });
    await pair.start('primary', CLASSIC);
    await world.advance(1100);
    expect(heard).toEqual(['1:1']);
    const publisher = await world.network.publish?.('memory://backup-peer');
    await world.advance(200);
    publisher?.publish([Buffer.from('2')]);
    await world.advance(1000);
    expect(heard).toEqual(['1:1', '1:3']);
    await subscriber?.close();
    await publisher?.close();
  });

  test('a connection to the peer that died without a word is noticed, and made anew', async () => {
    const pings: unknown[] = [];
    const { network } = world;
    const transport: Transport = {
      name: 'watched',
      listen: (endpoint, handler, options) => network.listen(endpoint, handler, options),
      connect: (endpoint, handler, options) => network.connect(endpoint, handler, options),
      publish: (endpoint, options) => network.publish(endpoint, options),
      subscribe: (endpoint, handler, options) => {
        pings.push(options?.transportHeartbeat);
        return network.subscribe(endpoint, handler, options);
      },
    };
    await pair.start('primary', { ...CLASSIC, transport });
    expect(pings).toEqual([{ interval: 1000, timeout: 2000 }]);
  });

  test('of a pair that was cut and healed whoever hears the other first stops for good, as the Guide’s do (W24)', async () => {
    const primary = await pair.start('primary', CLASSIC);
    const backup = await pair.start('backup', CLASSIC);
    const halted: unknown[] = [];
    for (const { star } of [primary, backup]) star.events.on('unusable', ({ error }) => halted.push(error));
    await world.advance(2100);
    pair.cut();
    await world.advance(2500);
    expect(await ask(FRONTENDS.backup)).toEqual([['', 'backup 0', 'hello']]);
    expect([primary.state, backup.state]).toEqual(['active', 'active']);
    pair.heal();
    await world.advance(1500);
    expect(halted.length).toBeGreaterThan(0);
    for (const error of halted) expect(error).toMatchObject({ code: 'PAIR_HALTED', reason: 'dual-active' });
    expect([primary.state, backup.state].filter((state) => state === 'closed')).toHaveLength(halted.length);
  });

  test('a backup on its own serves nobody, ever (W23)', async () => {
    const backup = await pair.start('backup', CLASSIC);
    await world.advance(60_000);
    expect(await ask(FRONTENDS.backup)).toEqual([]);
    expect(() => backup.star.activate()).toThrow(WrongState);
    await expect(backup.star.handOver()).rejects.toBeInstanceOf(WrongState);
  });
});
