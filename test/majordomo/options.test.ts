/** Options that cannot work are refused at once, by name and value, before anything starts. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InvalidOption } from '../../src/core/errors.ts';
import { MajordomoBroker } from '../../src/majordomo/broker.ts';
import { MajordomoClient } from '../../src/majordomo/client.ts';
import { brokerSettings, clientSettings, workerSettings } from '../../src/majordomo/options.ts';
import { MajordomoWorker } from '../../src/majordomo/worker.ts';
import { createMemoryNetwork } from '../../src/transport/memory.ts';
import { InvalidEndpoint } from '../../src/transport/transport.ts';
import { ENDPOINT, World } from '../support/world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(async () => {
  await world.end();
});

type Wrong = readonly [option: string, values: readonly unknown[]];
const NOT_POSITIVE = [0, -1, NaN, Infinity, '1000', null];
const NEGATIVE = [-1, NaN, Infinity, '0', null];
const NO_COUNT = [0, -1, 1.5, NaN, Infinity, '3', null];

const LIVENESS: readonly Wrong[] = [
  ['heartbeatInterval', NOT_POSITIVE],
  ['heartbeatLiveness', NO_COUNT],
  ['transportHeartbeatInterval', NEGATIVE],
  ['transportHeartbeatTimeout', NOT_POSITIVE],
];
const RECONNECT: readonly Wrong[] = [
  ['reconnectInterval', NOT_POSITIVE],
  ['reconnectMaximum', [1, NaN, '8000']],
  ['reconnectJitter', [-0.1, 1.1, NaN, '0.5']],
];
const BROKER: readonly Wrong[] = [
  ...LIVENESS,
  ['busyLimit', NEGATIVE],
  ['maxDeliveries', [...NO_COUNT, 256]],
  ['deliveryPolicy', ['retry', '', 1, null]],
  ['requestExpiry', NOT_POSITIVE],
  ['maxServices', NO_COUNT],
  ['maxQueuedRequests', [-1, 1.5, NaN, '1']],
  ['maxQueuedPerService', [-1, 1.5, NaN, '1']],
  ['maxBodyFrames', NO_COUNT],
  ['maxServiceNameBytes', [...NO_COUNT, 256]],
  ['maxInvalidMessages', NO_COUNT],
  ['maxFrameBytes', NO_COUNT],
  ['highWaterMark', NO_COUNT],
  ['handshakeTimeout', NOT_POSITIVE],
  ['drainTimeout', NEGATIVE],
];
const WORKER: readonly Wrong[] = [...LIVENESS, ...RECONNECT, ['drainTimeout', NEGATIVE], ['linger', NEGATIVE]];
const CLIENT: readonly Wrong[] = [
  ...LIVENESS.slice(2),
  ...RECONNECT,
  ['requestTimeout', NOT_POSITIVE],
  ['requestRetries', NO_COUNT],
  ['retryInterval', NEGATIVE],
  ['retryMaximum', [1, NaN, '2000']],
  ['retryJitter', [-0.1, 1.1, NaN, '0.5']],
  ['correlation', ['none', '', true, null]],
  ['probeTimeout', NEGATIVE],
  ['maxOpenRequests', NO_COUNT],
  ['maxSockets', NO_COUNT],
];

const cases = (wrong: readonly Wrong[]): [string, unknown][] =>
  wrong.flatMap(([option, values]) => values.map((value): [string, unknown] => [option, value]));

async function expectRefused(option: string, value: unknown, begin: () => unknown): Promise<void> {
  const error: unknown = await (async () => begin())().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InvalidOption);
  expect(error).toMatchObject({ code: 'INVALID_OPTION', retriable: false, option, value });
  expect((error as Error).message).toContain(`"${option}"`);
  expect(world.transport.open.size).toBe(0);
}

describe('a broker', () => {
  test.each(cases(BROKER))('%s: %j', async (option, value) => {
    await expectRefused(option, value, () => MajordomoBroker.listen(ENDPOINT, { ...world.ports(), [option]: value }));
  });

  test.each([
    ['deliveryPolicies.pay', 'never', { pay: 'never' }],
    ['deliveryPolicies', '', { '': 'fail' }],
    ['deliveryPolicies', 'a\n', { 'a\n': 'fail' }],
  ])('the policy of one service: %s %j', async (option, value, deliveryPolicies) => {
    await expectRefused(option, value, () =>
      MajordomoBroker.listen(ENDPOINT, { ...world.ports(), deliveryPolicies: deliveryPolicies as Record<string, 'fail'> }),
    );
  });
});

describe('a worker', () => {
  test.each(cases(WORKER))('%s: %j', async (option, value) => {
    await expectRefused(option, value, () =>
      MajordomoWorker.connect(ENDPOINT, 'echo', () => 'done', { ...world.ports(), [option]: value }),
    );
  });

  test.each([
    ['', 'empty'],
    ['a'.repeat(256), 'too long'],
    ['a\0', 'not printable'],
    ['é', 'not ASCII'],
    ['mmi.service', 'reserved'],
    [undefined, 'missing'],
  ] as [unknown, string][])('the service %j is %s', async (service, _why) => {
    await expectRefused('service', service, () => MajordomoWorker.connect(ENDPOINT, service as string, () => 'done', world.ports()));
  });

  test.each([undefined, null, 'echo', {}])('the handler is %j', async (handler) => {
    await expectRefused('handler', handler, () => MajordomoWorker.connect(ENDPOINT, 'echo', handler as () => string, world.ports()));
  });
});

describe('a client', () => {
  test.each(cases(CLIENT))('%s: %j', async (option, value) => {
    await expectRefused(option, value, () => MajordomoClient.connect(ENDPOINT, { ...world.ports(), [option]: value }));
  });
});

describe('names that do not exist', () => {
  const begin: readonly [role: string, begin: (options: object) => unknown][] = [
    ['broker', (options) => MajordomoBroker.listen(ENDPOINT, { ...world.ports(), ...options })],
    ['worker', (options) => MajordomoWorker.connect(ENDPOINT, 'echo', () => 'done', { ...world.ports(), ...options })],
    ['client', (options) => MajordomoClient.connect(ENDPOINT, { ...world.ports(), ...options })],
  ];

  test.each(begin)('a misspelt option of a %s is no silent default', async (_role, start) => {
    await expectRefused('heartbeatIntervall', 1000, () => start({ heartbeatIntervall: 1000 }));
  });

  test('an option of another role is none of this one', async () => {
    await expectRefused('maxServices', 5, () => begin[2]![1]({ maxServices: 5 }));
    await expectRefused('requestTimeout', 5, () => begin[0]![1]({ requestTimeout: 5 }));
    await expectRefused('maxSockets', 5, () => begin[1]![1]({ maxSockets: 5 }));
  });

  test('nor may a request have options that do not exist', async () => {
    const client = world.client();
    await expect(client.request('echo', 'job', { timeout: 5 } as object)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      option: 'timeout',
      value: 5,
    });
    await client.close();
  });
});

describe('what is left out', () => {
  test('undefined is the default', () => {
    expect(brokerSettings({ heartbeatInterval: undefined, maxServices: undefined } as object)).toEqual(brokerSettings({}));
    expect(workerSettings({ linger: undefined } as object)).toEqual(workerSettings({}));
    expect(clientSettings({ correlation: undefined } as object)).toEqual(clientSettings({}));
  });

  test('the defaults are the Guide’s numbers where it has one', () => {
    expect(brokerSettings({})).toMatchObject({
      heartbeatInterval: 2500,
      heartbeatLiveness: 3,
      maxDeliveries: 3,
      deliveryPolicy: 'requeue',
    });
    expect(workerSettings({})).toMatchObject({ heartbeatInterval: 2500, heartbeatLiveness: 3 });
    expect(clientSettings({})).toMatchObject({ requestTimeout: 2500, requestRetries: 3, correlation: 'auto' });
  });

  test('limits may be at their least', () => {
    expect(() =>
      brokerSettings({ busyLimit: 0, maxQueuedRequests: 0, maxQueuedPerService: 0, drainTimeout: 0, transportHeartbeatInterval: 0 }),
    ).not.toThrow();
    expect(() => workerSettings({ drainTimeout: 0, linger: 0, reconnectJitter: 0 })).not.toThrow();
    expect(() => clientSettings({ retryInterval: 0, retryMaximum: 0, retryJitter: 1, probeTimeout: 0 })).not.toThrow();
  });
});

describe('endpoints', () => {
  const wrong = ['', 'broker', '127.0.0.1:5555', 'tcp://', 'tcp://127.0.0.1', 'tcp://127.0.0.1:port', undefined, 5555];

  test.each(wrong)('%j is none: an error at once', async (endpoint) => {
    const given = endpoint as string;
    expect(() => MajordomoWorker.connect(given, 'echo', () => 'done', world.ports())).toThrow(InvalidEndpoint);
    expect(() => MajordomoClient.connect(given, world.ports())).toThrow(InvalidEndpoint);
    expect(world.transport.open.size).toBe(0);
  });

  test.each(['', 'broker', '127.0.0.1:5555', 'tcp://', undefined])('a broker cannot listen on %j', async (endpoint) => {
    const listening = MajordomoBroker.listen(endpoint as string, world.ports());
    await expect(listening).rejects.toMatchObject({ code: 'INVALID_ENDPOINT', retriable: false });
    expect(world.transport.open.size).toBe(0);
  });

  test('nobody connects to a wildcard', () => {
    expect(() => MajordomoWorker.connect('tcp://127.0.0.1:*', 'echo', () => 'done', world.ports())).toThrow(InvalidEndpoint);
    expect(() => MajordomoClient.connect('tcp://127.0.0.1:*', world.ports())).toThrow(InvalidEndpoint);
  });
});

test.each([
  [
    { logger: {} },
    'option "logger" must be an object with the methods debug, info, warn, error, isLevelEnabled, child, not a value of type object',
  ],
  [
    { clock: Date },
    'option "clock" must be an object with the methods now, setTimeout, clearTimeout, setImmediate, not a value of type function',
  ],
  [{ transport: {} }, 'option "transport" must be an object with the methods listen, connect, not a value of type object'],
  [{ random: 5 }, 'option "random" must be a function, not 5'],
  [{ trace: 'file' }, 'option "trace" must be a function, not "file"'],
  [{ name: 3 }, 'option "name" must be a string, not 3'],
  [null, 'option "options" must be an object, not null'],
  [5, 'option "options" must be an object, not 5'],
])('a port or options of the wrong kind are an error at once: %o', async (options, message) => {
  expect(() => MajordomoClient.connect('tcp://127.0.0.1:1', options as never)).toThrow(message);
  expect(() => MajordomoWorker.connect('tcp://127.0.0.1:1', 'echo', () => 'x', options as never)).toThrow(message);
  await expect(MajordomoBroker.listen('tcp://127.0.0.1:*', options as never)).rejects.toThrow(message);
});

test.each([[new Map([['a', 'fail']])], [['a']], [5]])('delivery policies that are no object with names are refused: %o', (policies) => {
  expect(() => brokerSettings({ deliveryPolicies: policies as never })).toThrow(
    'option "deliveryPolicies" must be an object with names of services',
  );
});

test.each([[new AbortController()], [5], [{ aborted: true }], [null]])(
  'what is no AbortSignal is refused before anything is sent: %o',
  async (signal) => {
    const transport = createMemoryNetwork();
    const client = MajordomoClient.connect('memory://nobody', { transport });
    await expect(client.request('echo', 'x', { signal: signal as never })).rejects.toThrow('option "signal" must be an AbortSignal');
    await expect(client.request('echo', 'x', null as never)).rejects.toThrow('option "options" must be an object, not null');
    expect(client.inspect().open).toBe(0);
    await client.close();
  },
);
