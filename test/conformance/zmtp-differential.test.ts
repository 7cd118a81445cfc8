/** Every differential script on the simulated network and on sockets of our own engine over tcp and ipc: the traces are those of libzmq. */
import { describe, expect, test } from 'vitest';
import type { Transport, TransportHandler } from '../../src/transport/transport.ts';
import { zmtpTransport } from '../../src/transport/zmtp/index.ts';
import { differencesEverywhere } from './differential/everywhere.ts';
import { differences, perform } from './differential/perform.ts';
import { RealSite } from './differential/real-site.ts';
import { scriptsFor } from './differential/scripts.ts';
import { SimulatedSite } from './differential/simulated-site.ts';

/** Told what libzmq tells: that a connection ended, and not why. */
function untold(handler: TransportHandler): TransportHandler {
  return {
    message: (peer, message) => {
      handler.message(peer, message);
    },
    peerGone: (peer, reason) => {
      handler.peerGone(peer, reason === 'unreachable' ? reason : 'disconnected');
    },
    overflow: (peer) => {
      handler.overflow(peer);
    },
    batchEnd: () => {
      handler.batchEnd();
    },
  };
}

/** Subscribers of libzmq are not told of any end. */
const deafToEnds = (handler: TransportHandler): TransportHandler => ({ ...untold(handler), peerGone: () => undefined });

const transport: Required<Transport> = {
  ...zmtpTransport,
  listen: (endpoint, handler, options) => zmtpTransport.listen(endpoint, untold(handler), options),
  connect: (endpoint, handler, options) => zmtpTransport.connect(endpoint, untold(handler), options),
  subscribe: (endpoint, handler, options) => zmtpTransport.subscribe(endpoint, deafToEnds(handler), options),
};

const ROOM = 'room is what the operating system has not taken, counted one by one: docs/transports.md';
/** Scripts that show what libzmq does and our engine does otherwise, by decision. */
const OTHERWISE: { readonly [script: string]: string } = {
  'room is counted in halves of the high-water mark: what went since the last half still takes its place when the listener goes': ROOM,
  'room is counted in halves of the high-water mark: a half that went is free': ROOM,
  'a listener that pauses: its peer’s messages are taken up to both high-water marks at least, then refused; all come when it resumes':
    'a listener that pauses keeps a mebibyte of each peer',
  'a full writer need not take more when one of many was read, but does when all were':
    'a listener that pauses keeps a mebibyte of each peer',
  'a connection that its heartbeats broke while the event loop was blocked: what is sent before that is noticed is kept':
    'heartbeats belong to the event loop: before that is noticed, what is sent is written',
  'a connector that is sent a frame over its limit is cut off for good': 'it reconnects',
};

const scripts = scriptsFor('with').map((script) => [script.name, script] as const);

test.for(scripts.filter(([name]) => OTHERWISE[name] === undefined))('%s', async ([, script]) => {
  const found = await differencesEverywhere(script, transport, true);
  expect(found.join('\n')).toBe('');
});

describe('by decision it is not so that', () => {
  test.for(scripts.filter(([name]) => OTHERWISE[name] !== undefined))('%s', async ([name, script], { annotate }) => {
    await annotate(OTHERWISE[name] as string);
    const simulated = await perform(script, new SimulatedSite(name, true));
    // Over ipc, where the operating system takes little. What the script waits for may never come, or what it says may be may not be.
    const ours = await perform(script, new RealSite(transport, 'ipc', 2000)).catch(() => undefined);
    expect(ours === undefined ? ['not played to its end'] : differences([simulated, ours])).not.toEqual([]);
  });

  test('all of them are scripts', () => {
    const names = new Set(scripts.map(([name]) => name));
    expect(Object.keys(OTHERWISE).filter((name) => !names.has(name))).toEqual([]);
  });
});
