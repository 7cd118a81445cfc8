/** Each fault does in a simulated world what it says, and no more. */
import { expect, test } from 'vitest';
import { Random, drawFaults, simulate, type Fault, type Host, type Program, type SimulatedNetworkOptions } from '../../src/testkit.ts';
import type { Connector } from '../../src/transport/transport.ts';

const ENDPOINT = 'sim://harbour';

/** What happened, as `time node what`. */
type Log = string[];

/** A listener that answers every message, and a connector that sends a numbered one every 100 ms. */
async function play(faults: readonly Fault[], until: number, network: SimulatedNetworkOptions = {}, pings = false): Promise<Log> {
  const log: Log = [];
  const say = (host: Host, what: string): void => {
    log.push(`${Math.round(host.ports.clock.now())} ${host.name} ${what}`);
  };
  const transportHeartbeat = pings ? { interval: 100, timeout: 300 } : undefined;
  const harbour: Program = async (host) => {
    const listener = await host.ports.transport.listen(
      ENDPOINT,
      {
        message: (peer, message) => {
          say(host, `heard ${message.text(0)} of ${peer.label}`);
          listener.send(peer, [Buffer.from(`echo of ${message.text(0)}`)]);
        },
        peerGone: () => {
          say(host, 'lost the ship');
        },
        overflow: () => undefined,
        batchEnd: () => undefined,
      },
      { transportHeartbeat },
    );
    host.keep({ close: () => listener.close(0) });
  };
  const ship: Program = async (host) => {
    say(host, `sails, life ${host.incarnation}`);
    const connector: Connector = host.ports.transport.connect(
      ENDPOINT,
      {
        message: (_peer, message) => {
          say(host, `heard ${message.text(0)}`);
        },
        peerGone: () => {
          say(host, 'lost the harbour');
        },
        overflow: () => undefined,
        batchEnd: () => undefined,
      },
      { transportHeartbeat, reconnectInterval: 10, highWaterMark: 5 },
    );
    host.keep({ close: () => connector.close(0) });
    for (let number = 1; ; number++) {
      await host.sleep(100);
      if (host.wallClock() - host.ports.clock.now() !== 1_790_000_000_000) say(host, 'reads a wrong wall clock');
      if (connector.send(connector.remote, [Buffer.from(String(number))]) !== 'ok') say(host, `cannot send ${number}`);
    }
  };
  const simulation = simulate({
    name: 'sea',
    nodes: { harbour, ship },
    breaking: until,
    healing: 0,
    network: { delay: [1, 1], ...network },
  });
  const { violation } = await simulation.run(1, { schedule: faults });
  expect(violation).toBeUndefined();
  return log.filter((line) => Number(line.split(' ')[0]) <= until);
}

const heardAt = (log: Log, node: string): string[] => log.filter((line) => line.includes(`${node} heard`));

test('without a fault everything arrives after the delay of the network', async () => {
  const log = await play([], 350);
  expect(log).toEqual([
    '0 ship sails, life 1',
    '101 harbour heard 1 of ship.1#2',
    '102 ship heard echo of 1',
    '201 harbour heard 2 of ship.1#2',
    '202 ship heard echo of 2',
    '301 harbour heard 3 of ship.1#2',
    '302 ship heard echo of 3',
  ]);
});

test('crash: its peers are told at once; it comes back as another life that remembers nothing', async () => {
  const log = await play([{ at: 250, op: 'crash', node: 'ship', for: 300 }], 700);
  expect(log).toContain('251 harbour lost the ship');
  expect(log).toContain('550 ship sails, life 2');
  expect(log).toContain('651 harbour heard 1 of ship.2#2');
  expect(log.filter((line) => line.startsWith('3') || line.startsWith('4'))).toEqual([]);
});

test('crash of a machine: nobody is told, before it is up again', async () => {
  const log = await play([{ at: 250, op: 'crash', node: 'harbour', machine: true, for: 500 }], 1000);
  expect(log.filter((line) => line.includes('lost'))).toEqual(['801 ship lost the harbour']);
});

test('stop: it closes in good order, and its peers are told', async () => {
  const log = await play([{ at: 250, op: 'stop', node: 'ship', for: 300 }], 400);
  expect(log).toContain('251 harbour lost the ship');
});

test('pause: nothing happens there, and afterwards everything that came meanwhile is read', async () => {
  const log = await play([{ at: 250, op: 'pause', node: 'harbour', for: 500 }], 800);
  expect(heardAt(log, 'harbour').map((line) => line.split(' ')[0])).toEqual(['101', '201', '750', '750', '750', '750', '750']);
  expect(log.some((line) => line.includes('lost'))).toBe(false);
});

test('pause, with pings: the others cut its connections', async () => {
  const log = await play([{ at: 250, op: 'pause', node: 'harbour', for: 1000 }], 1200, {}, true);
  const lost = log.find((line) => line.includes('ship lost the harbour'));
  expect(Number(lost?.split(' ')[0])).toBeGreaterThan(550);
  expect(Number(lost?.split(' ')[0])).toBeLessThan(700);
});

test('stall: its event loop stands still, but its transport answers pings', async () => {
  const log = await play([{ at: 250, op: 'stall', node: 'harbour', for: 1000 }], 1240, {}, true);
  expect(log.some((line) => line.includes('lost'))).toBe(false);
  expect(heardAt(log, 'harbour').at(-1)).toMatch(/^201 /);
});

test('partition: what is sent is held back both ways, and arrives when it is over', async () => {
  const log = await play([{ at: 250, op: 'partition', from: 'ship', to: 'harbour', for: 300 }], 700);
  expect(heardAt(log, 'harbour').map((line) => line.split(' ')[0])).toEqual(['101', '201', '551', '551', '551', '601']);
});

test('one-way partition: only that way is held', async () => {
  const log = await play([{ at: 250, op: 'partition', from: 'harbour', to: 'ship', oneWay: true, for: 300 }], 560);
  expect(heardAt(log, 'harbour').map((line) => line.split(' ')[0])).toEqual(['101', '201', '301', '401', '501']);
  expect(heardAt(log, 'ship').map((line) => line.split(' ')[0])).toEqual(['102', '202', '551', '551', '551']);
});

test('cut: both ends hear of it, and the connector comes back over another connection', async () => {
  const log = await play([{ at: 250, op: 'cut', from: 'ship', to: 'harbour' }], 420);
  expect(log).toContain('251 harbour lost the ship');
  expect(log).toContain('251 ship lost the harbour');
  expect(heardAt(log, 'harbour').at(-1)).toMatch(/^401 harbour heard 4 of ship\.1#3$/);
});

test('half-open: nothing passes and nobody is told, ever; pings find out', async () => {
  const fault: Fault = { at: 250, op: 'halfOpen', from: 'ship', to: 'harbour' };
  const silent = await play([fault], 5000);
  expect(silent.filter((line) => line.includes('lost'))).toEqual([]);
  expect(heardAt(silent, 'harbour')).toHaveLength(2);
  expect(silent.some((line) => line.includes('cannot send'))).toBe(false);
  const pinging = await play([fault], 5000, {}, true);
  expect(pinging.filter((line) => line.includes('lost'))).toHaveLength(2);
  expect(heardAt(pinging, 'harbour').length).toBeGreaterThan(30);
});

test('delay: messages between the two take as long as it says, and stay in order', async () => {
  const log = await play([{ at: 150, op: 'delay', from: 'ship', to: 'harbour', delay: [50, 50], for: 100 }], 420);
  expect(heardAt(log, 'harbour').map((line) => line.split(' ')[0])).toEqual(['101', '250', '301', '401']);
});

test('a slow reader is sent no more than its queue holds', async () => {
  const log = await play([{ at: 50, op: 'slowReader', node: 'harbour', every: 100_000, for: 200_000 }], 120_000);
  expect(heardAt(log, 'harbour').map((line) => line.split(' ')[0])).toEqual(['101', '100101']);
  expect(log.some((line) => line.includes('cannot send'))).toBe(true);
});

test('skew: the wall clock jumps, and nothing else', async () => {
  const log = await play([{ at: 150, op: 'skew', node: 'ship', by: -3_600_000 }], 320);
  expect(log.filter((line) => line.includes('wrong wall clock')).map((line) => line.split(' ')[0])).toEqual(['200', '300']);
  expect(heardAt(log, 'harbour')).toHaveLength(3);
});

test('without notices nobody hears of an end', async () => {
  const log = await play([{ at: 250, op: 'crash', node: 'harbour', for: 100 }], 700, { disconnectNotices: false });
  expect(log.some((line) => line.includes('lost'))).toBe(false);
  expect(heardAt(log, 'harbour').at(-1)).toMatch(/^601 /);
});

test('a fault that is taken away shifts nothing at nodes that it did not touch', async () => {
  const heard = async (faults: readonly Fault[]): Promise<string[]> => {
    const times: string[] = [];
    const harbour: Program = async (host) => {
      const handler = { message: () => undefined, peerGone: () => undefined, overflow: () => undefined, batchEnd: () => undefined };
      const listener = await host.ports.transport.listen(ENDPOINT, {
        ...handler,
        message: (peer) => {
          if (peer.label.startsWith('second')) times.push(`${host.ports.clock.now()} ${peer.label}`);
        },
      });
      host.keep({ close: () => listener.close(0) });
    };
    const ship: Program = async (host) => {
      const handler = { message: () => undefined, peerGone: () => undefined, overflow: () => undefined, batchEnd: () => undefined };
      const connector = host.ports.transport.connect(ENDPOINT, handler);
      host.keep({ close: () => connector.close(0) });
      for (;;) {
        await host.sleep(50 + 100 * host.random());
        connector.send(connector.remote, [Buffer.from('here')]);
      }
    };
    const simulation = simulate({ name: 'fleet', nodes: { harbour, first: ship, second: ship }, breaking: 3000, healing: 0 });
    expect((await simulation.run(1, { schedule: faults })).violation).toBeUndefined();
    return times;
  };
  const cut: Fault = { at: 1000, op: 'cut', from: 'second', to: 'harbour' };
  const alone = await heard([cut]);
  expect(alone.length).toBeGreaterThan(20);
  expect(await heard([{ at: 300, op: 'crash', node: 'first', for: 100 }, cut])).toEqual(alone);
});

test('schedules are drawn from the seed alone, within what the menu allows', () => {
  const nodes = ['a', 'b', 'c'];
  const menu = { ops: ['crash', 'cut'] as const, most: 5, spared: ['a'] };
  const drawn = Array.from({ length: 200 }, (_, seed) => drawFaults(new Random(`${seed}`), nodes, 1000, menu));
  expect(drawFaults(new Random('7'), nodes, 1000, menu)).toEqual(drawn[7]);
  for (const faults of drawn) {
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.length).toBeLessThanOrEqual(5);
    for (const fault of faults) {
      expect(['crash', 'cut']).toContain(fault.op);
      expect(fault.at).toBeLessThan(1000);
      expect('node' in fault ? fault.node : fault.from).not.toBe('a');
    }
  }
  expect(new Set(drawn.map((faults) => JSON.stringify(faults))).size).toBeGreaterThan(190);
});

test('of two delays at the same time the longer one counts, and each goes on when the other is over', async () => {
  const log = await play(
    [
      { at: 0, op: 'delay', from: 'harbour', to: 'ship', delay: [50, 50], for: 250 },
      { at: 150, op: 'delay', from: 'ship', to: 'harbour', delay: [40, 40], for: 300 },
    ],
    650,
  );
  expect(heardAt(log, 'harbour').map((line) => line.split(' ')[0])).toEqual(['150', '250', '340', '440', '501', '601']);
});

test('a node is down for as long as one of two crashes holds it down', async () => {
  const log = await play(
    [
      { at: 100, op: 'crash', node: 'ship', for: 400 },
      { at: 200, op: 'crash', node: 'ship', for: 100 },
      { at: 600, op: 'stop', node: 'ship', for: 100 },
      { at: 650, op: 'crash', node: 'ship', for: 150 },
    ],
    1000,
  );
  expect(log.filter((line) => line.includes('sails'))).toEqual([
    '0 ship sails, life 1',
    '500 ship sails, life 2',
    '800 ship sails, life 3',
  ]);
});

test('a reader stays slow when its process starts again, and until the last of two faults is over', async () => {
  const slow = { op: 'slowReader', node: 'harbour', every: 250 } as const;
  const faults: Fault[] = [
    { ...slow, at: 0, for: 1500 },
    { ...slow, at: 50, every: 10, for: 100 },
    { at: 250, op: 'crash', node: 'harbour', for: 10 },
  ];
  const times = heardAt(await play(faults, 2000), 'harbour').map((line) => Number(line.split(' ')[0]));
  const apart = times.slice(1).map((time, index) => time - (times[index] as number));
  const restarted = times.findIndex((time) => time > 250);
  expect(times[restarted]).toBeLessThan(400);
  expect(apart.slice(restarted, restarted + 3)).toEqual([250, 250, 250]);
});
