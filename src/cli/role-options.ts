/** The options of the library's roles as options of the command line. Their names, defaults and rules are the library's. */
import {
  brokerSettings,
  clientSettings,
  workerSettings,
  type MajordomoBrokerOptions,
  type MajordomoClientOptions,
  type MajordomoWorkerOptions,
} from '../majordomo/options.ts';
import { binaryStarClientSettings, type BinaryStarClientOptions } from '../binary-star/client-options.ts';
import { binaryStarSettings, type BinaryStarOptions } from '../binary-star/options.ts';
import {
  freelanceClientSettings,
  freelanceServerSettings,
  type FreelanceClientOptions,
  type FreelanceServerOptions,
} from '../freelance/options.ts';
import { lazyPirateClientSettings, type LazyPirateClientOptions } from '../lazy-pirate/options.ts';
import { paranoidPirateQueueSettings, paranoidPirateWorkerSettings, type ParanoidPirateQueueOptions } from '../paranoid-pirate/options.ts';
import { simplePirateQueueSettings } from '../simple-pirate/options.ts';
import type { Option } from './arguments.ts';

type Placeholder = 'MS' | 'N' | 'BYTES' | 'RATIO' | 'POLICY' | 'WAY';

/** Makes rows for one role: the flag is the library's name with dashes, unless `flag` says otherwise. */
function rowsFor<O extends object>(defaults: { readonly [K in keyof O]?: unknown }) {
  return (library: keyof O & string, placeholder: Placeholder, help: string, flag: string = dashed(library)): Option => ({
    flag,
    kind: placeholder === 'POLICY' || placeholder === 'WAY' ? 'text' : 'number',
    placeholder,
    help,
    fallback: defaults[library] as string | number,
    library,
  });
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The defaults of one pattern, and those of another where it has the option and they differ. */
function differing<O extends object>(
  defaults: O,
  others: { readonly [K in keyof O]?: unknown },
  name: string,
): { readonly [K in keyof O]: unknown } {
  const entries = Object.entries(defaults).map(([option, value]) => {
    const other = others[option as keyof O];
    return [option, other === undefined || other === value ? value : `${String(value)}, ${name}: ${String(other)}`];
  });
  return Object.fromEntries(entries) as { readonly [K in keyof O]: unknown };
}

const broker = rowsFor<MajordomoBrokerOptions>(brokerSettings({}));
const worker = rowsFor<MajordomoWorkerOptions>(differing(workerSettings({}), paranoidPirateWorkerSettings({}), 'paranoid'));
const queue = rowsFor<ParanoidPirateQueueOptions>({
  ...paranoidPirateQueueSettings({}),
  deliveryPolicy: `${paranoidPirateQueueSettings({}).deliveryPolicy}, simple: ${simplePirateQueueSettings({}).deliveryPolicy}`,
});
const star = rowsFor<BinaryStarOptions>({
  ...differing(binaryStarSettings({}), binaryStarSettings({ mode: 'classic' }), 'classic'),
  mode: binaryStarSettings({}).mode,
});
const lazyClient = rowsFor<LazyPirateClientOptions>(lazyPirateClientSettings({}));

const freelanceServer = rowsFor<FreelanceServerOptions>(freelanceServerSettings({}));
const freelanceClient = rowsFor<FreelanceClientOptions>(
  differing(freelanceClientSettings({}), freelanceClientSettings({ model: 'shotgun' }), 'shotgun'),
);

export const BROKER_OPTIONS: readonly Option[] = [
  broker('heartbeatInterval', 'MS', 'time between heartbeats to workers'),
  broker('heartbeatLiveness', 'N', 'intervals of silence after which a worker is gone'),
  broker('requestExpiry', 'MS', 'how long a request may wait for a worker'),
  broker('busyLimit', 'MS', 'longest time one request may be with one worker, 0: no limit'),
  broker('maxConcurrency', 'N', 'requests one worker may hold at once, if it asks for so many'),
  broker('maxDeliveries', 'N', 'how often one request is handed out before it is given up'),
  broker('deliveryPolicy', 'POLICY', 'what happens to the request of a lost worker: requeue, fail'),
  broker('drainTimeout', 'MS', 'how long a stop waits for requests in flight'),
  broker('maxServices', 'N', 'services known at once'),
  broker('maxQueuedRequests', 'N', 'requests waiting in all'),
  broker('maxQueuedPerService', 'N', 'requests waiting for one service'),
  broker('maxWorkers', 'N', 'workers registered at once'),
  broker('maxBodyFrames', 'N', 'frames in one body'),
  broker('maxFrameBytes', 'BYTES', 'bytes in one frame'),
  broker('maxServiceNameBytes', 'BYTES', 'bytes in a service name'),
  broker('maxInvalidMessages', 'N', 'invalid messages after which a worker is disconnected'),
  broker('highWaterMark', 'N', 'messages queued towards one peer'),
  broker('handshakeTimeout', 'MS', 'how long a new connection may take to say hello'),
  broker('transportHeartbeatInterval', 'MS', "time between the transport's own pings, 0: none"),
  broker('transportHeartbeatTimeout', 'MS', 'time without an answer after which a connection is cut'),
];

export const QUEUE_OPTIONS: readonly Option[] = [
  queue('heartbeatInterval', 'MS', 'paranoid: time between heartbeats to workers'),
  queue('heartbeatLiveness', 'N', 'paranoid: intervals of silence after which a worker is gone'),
  queue('deliveryPolicy', 'POLICY', 'what happens to the request of a lost worker: requeue, fail'),
  queue('maxDeliveries', 'N', 'how often one request is handed out before it is given up'),
  queue('requestExpiry', 'MS', 'how long a request that came back may wait for a worker'),
  queue('busyLimit', 'MS', 'longest time one request may be with one worker, 0: no limit'),
  queue('drainTimeout', 'MS', 'how long a stop waits for requests in flight'),
  queue('maxWorkers', 'N', 'workers registered at once'),
  queue('maxBodyFrames', 'N', 'frames in one body'),
  queue('maxFrameBytes', 'BYTES', 'bytes in one frame'),
  queue('maxInvalidMessages', 'N', 'invalid messages after which a worker is ignored'),
  queue('highWaterMark', 'N', 'messages queued towards one peer'),
  queue('handshakeTimeout', 'MS', 'how long a new connection may take to say hello'),
  queue('transportHeartbeatInterval', 'MS', "time between the transport's own pings, 0: none"),
  queue('transportHeartbeatTimeout', 'MS', 'time without an answer after which a connection is cut'),
];

export const WORKER_OPTIONS: readonly Option[] = [
  worker('heartbeatInterval', 'MS', 'time between heartbeats to the broker; not with simple'),
  worker('heartbeatLiveness', 'N', 'intervals of silence after which the broker is gone; not with simple'),
  worker('concurrency', 'N', 'requests worked on at once; majordomo only'),
  worker('drainTimeout', 'MS', 'how long a stop waits for the requests in hand'),
  worker('linger', 'MS', 'how long a stop goes on delivering the last reply'),
  worker('reconnectInterval', 'MS', 'first pause before a new connection'),
  worker('reconnectMaximum', 'MS', 'longest pause'),
  worker('reconnectJitter', 'RATIO', 'how far each pause is spread, 0 to 1'),
  worker('transportHeartbeatInterval', 'MS', "time between the transport's own pings, 0: none"),
  worker('transportHeartbeatTimeout', 'MS', 'time without an answer after which a connection is cut'),
];

type ClientRow = ReturnType<typeof rowsFor<MajordomoClientOptions>>;

const clientOptions = (client: ClientRow): readonly Option[] => [
  client('requestTimeout', 'MS', 'time for one attempt', 'timeout'),
  client('requestRetries', 'N', 'attempts in all', 'retries'),
  client('retryInterval', 'MS', 'pause before the second attempt; doubles with each further one'),
  client('retryMaximum', 'MS', 'longest pause between attempts'),
  client('retryJitter', 'RATIO', 'how far each pause between attempts is spread, 0 to 1'),
  client('correlation', 'WAY', 'how replies find their requests: auto, envelope, socket'),
  client('probeTimeout', 'MS', 'how long to ask, with auto, whether the broker is a seaworthy one'),
  client('reconnectInterval', 'MS', 'first pause before a new connection'),
  client('reconnectMaximum', 'MS', 'longest pause before a new connection'),
  client('reconnectJitter', 'RATIO', 'how far each pause before a new connection is spread, 0 to 1'),
];

/** Of a Majordomo client. */
export const CLIENT_OPTIONS: readonly Option[] = clientOptions(rowsFor<MajordomoClientOptions>(clientSettings({})));

/** Of a client of any pattern. */
export const ANY_CLIENT_OPTIONS: readonly Option[] = clientOptions(
  rowsFor<MajordomoClientOptions>(differing(clientSettings({}) as MajordomoClientOptions, binaryStarClientSettings({}), 'star')),
);

export const MAX_FRAME_BYTES_OPTION: Option = rowsFor<MajordomoClientOptions>(clientSettings({}))(
  'maxFrameBytes',
  'BYTES',
  'longest frame of a request; the other side has a limit, too',
);

export const DEADLINE_OPTION: Option = lazyClient('deadline', 'MS', 'with lazy and star: time for the whole request, 0: no limit');

export const STAR_CLIENT_MODE: Option = rowsFor<BinaryStarClientOptions>(binaryStarClientSettings({}))(
  'mode',
  'WAY',
  'with star: how to speak to the servers: hardened, classic',
);

/** What both sides of a Freelance take. */
export const FREELANCE_OPTIONS: readonly Option[] = [
  freelanceServer('model', 'WAY', 'addressed (10/FLP), sequential (REP servers) or shotgun'),
  freelanceServer('maxFrameBytes', 'BYTES', 'bytes in one frame'),
  freelanceServer('transportHeartbeatInterval', 'MS', "time between the transport's own pings, 0: none"),
  freelanceServer('transportHeartbeatTimeout', 'MS', 'time without an answer after which a connection is cut'),
];

export const FREELANCE_SERVER_OPTIONS: readonly Option[] = [
  {
    flag: 'public-endpoint',
    kind: 'text',
    placeholder: 'ENDPOINT',
    help: 'server, addressed: by what clients connect, where that is not --endpoint',
    library: 'publicEndpoint',
  },
  freelanceServer('maxConcurrentRequests', 'N', 'server: handlers that run at once'),
  freelanceServer('maxQueuedRequests', 'N', 'server: requests that wait for one; more are dropped'),
  freelanceServer('maxBodyFrames', 'N', 'server: frames in one body'),
  freelanceServer('highWaterMark', 'N', 'server: messages queued towards one client'),
  freelanceServer('handshakeTimeout', 'MS', 'server: how long a new connection may take to say hello'),
  freelanceServer('drainTimeout', 'MS', 'server: how long a stop waits for handlers'),
];

export const FREELANCE_CLIENT_OPTIONS: readonly Option[] = [
  freelanceClient('requestTimeout', 'MS', 'call: time for one server', 'timeout'),
  freelanceClient('requestRetries', 'N', 'call: rounds in all; 0: each server once, or three times the only one', 'retries'),
  freelanceClient('deadline', 'MS', 'call: time for the whole request, 0: no limit; sequential: 0'),
  freelanceClient('hedgeDelay', 'MS', 'call: when a second server is asked as well, 0: never'),
  freelanceClient('retryInterval', 'MS', 'call: pause when all servers had their turn; doubles with each further one'),
  freelanceClient('retryMaximum', 'MS', 'call: longest such pause'),
  freelanceClient('retryJitter', 'RATIO', 'call: how far each such pause is spread, 0 to 1'),
  freelanceClient('pingInterval', 'MS', 'call, addressed: time between pings to a server that says nothing'),
  freelanceClient('serverTimeToLive', 'MS', 'call: silence after which a server is dead'),
  {
    flag: 'probe',
    kind: 'text',
    placeholder: 'TEXT',
    help: 'call, not addressed: a request that finds out who is there',
    library: 'probe',
  },
  freelanceClient('reconnectInterval', 'MS', 'call: first pause before a dead server is asked whether it is back'),
  freelanceClient('reconnectMaximum', 'MS', 'call: longest such pause'),
  freelanceClient('reconnectJitter', 'RATIO', 'call: how far each such pause is spread, 0 to 1'),
];

export const STAR_OPTIONS: readonly Option[] = [
  star('mode', 'WAY', 'how the two halves talk and decide: hardened, classic'),
  star('heartbeatInterval', 'MS', 'time between two words to the other half'),
  star('failoverTimeout', 'MS', 'silence of the other half after which a client’s request makes this one active'),
  star('toleratedLosses', 'N', 'heartbeats in a row that may get lost'),
  star('maxDelay', 'MS', 'how long a word may be on its way'),
  star('maxPause', 'MS', 'how long either process may stand still'),
  star('hintDelay', 'MS', 'how long a half whose process seems to have ended may show that it has not'),
  star('loneBackupAfter', 'MS', 'after so long alone a backup serves that never met its primary, 0: never'),
  star('doubtTimeout', 'MS', 'how long a half that stood still waits for a word before it serves on'),
  broker('drainTimeout', 'MS', 'how long a stop or a hand-over waits for requests in flight'),
  star('maxHeldRequests', 'N', 'messages of clients kept until it is known who serves'),
  star('maxHeldBytes', 'BYTES', 'their bytes in all; a standstill lets as many bytes of answers wait'),
  star('maxFrameBytes', 'BYTES', 'bytes in one frame of a client'),
  star('highWaterMark', 'N', 'messages queued towards one client'),
  star('handshakeTimeout', 'MS', 'how long a new connection may take to say hello'),
  star('transportHeartbeatInterval', 'MS', "time between the transport's own pings to clients, 0: none"),
  star('transportHeartbeatTimeout', 'MS', 'time without an answer after which a connection is cut'),
];
