/**
 * The transport that speaks ZMTP itself, over `node:net`: tcp and unix sockets, to peers over libzmq or over itself. Its peers are objects, so it
 * knows of each why it has gone.
 */
import { countOption, given, knownOptions } from '../../core/options.ts';
import { InvalidOption } from '../../core/errors.ts';
import { MOST_CREDENTIAL_BYTES } from '../../wire/zmtp.ts';
import type { Transport } from '../transport.ts';
import { NAME } from './endpoint.ts';
import { NULL, plainClient, plainServer, sameSecret } from './mechanism.ts';
import { connect, listen, publish, subscribe, type Refusal, type ZmtpSettings } from './sockets.ts';

export { zmtpConnection, type ZmtpConnectionMachine } from './connection.machine.ts';
export type { Refusal };

export interface ZmtpOptions {
  /** Bytes of all frames of one message together. Where it is less than the socket's own `maxFrameBytes`, that one counts. Default 64 MiB. */
  readonly maxMessageBytes?: number;
  /** Frames of one message. Default 4096. */
  readonly maxFrames?: number;
  /**
   * Bytes queued towards one peer; while less than half of them are, one message of any size is taken. And what a listener that pauses keeps of all
   * together that have left meanwhile: beyond that the messages of the oldest are forgotten, and `onRefusal` is told. Default 64 MiB.
   */
  readonly maxQueuedBytes?: number;
  /**
   * Connections of one listener or publisher. One more takes the place of the oldest that has not introduced itself, or is ended at once where all
   * have. Default 65,536.
   */
  readonly maxConnections?: number;
  /** PLAIN (rfc.zeromq.org/spec/24) in place of NULL: for connectors and subscribers, whom to be. Not encrypted. */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** PLAIN in place of NULL: for listeners and publishers, whom to accept: user → password. */
  readonly users?: { readonly [user: string]: string };
  /** Told of connections that did not come about, were ended for a fault, or had messages forgotten, with the reason. Default: nobody. */
  readonly onRefusal?: (refusal: Refusal) => void;
}

const DEFAULTS = { maxMessageBytes: 64 * 1024 * 1024, maxFrames: 4096, maxQueuedBytes: 64 * 1024 * 1024, maxConnections: 65_536 };

/** @throws InvalidOption */
export function createZmtpTransport(options: ZmtpOptions = {}): Required<Transport> {
  knownOptions(options, [...Object.keys(DEFAULTS), 'credentials', 'users', 'onRefusal']);
  const limits = { ...DEFAULTS, ...given(options, DEFAULTS) };
  for (const [name, value] of Object.entries(limits)) countOption(name, value, 1);
  const { credentials, users, onRefusal = () => undefined } = options;
  if (typeof onRefusal !== 'function') throw new InvalidOption('onRefusal', onRefusal, 'a function');
  const settings: ZmtpSettings = {
    ...limits,
    connecting: credentials === undefined ? NULL : plainClient(...checkCredentials(credentials)),
    accepting: users === undefined ? NULL : plainServer(checkUsers(users)),
    refused: onRefusal,
  };
  return {
    name: NAME,
    listen: (endpoint, handler, socket = {}) => listen(endpoint, handler, settings, socket),
    connect: (endpoint, handler, socket = {}) => connect(endpoint, handler, settings, socket),
    publish: (endpoint, socket = {}) => publish(endpoint, settings, socket),
    subscribe: (endpoint, handler, socket = {}) => subscribe(endpoint, handler, settings, socket),
  };
}

function checkCredentials(
  { user, password }: { readonly user: string; readonly password: string },
  option: 'credentials' | 'users' = 'credentials',
): [string, string] {
  for (const [name, value] of Object.entries({ user, password }))
    if (typeof value !== 'string' || Buffer.byteLength(value) > MOST_CREDENTIAL_BYTES)
      throw new InvalidOption(`${option}.${name}`, typeof value, `a text of at most ${MOST_CREDENTIAL_BYTES} bytes`);
  return [user, password];
}

function checkUsers(users: { readonly [user: string]: string }): (user: string, password: string) => boolean {
  if (typeof users !== 'object' || (users as unknown) === null || Array.isArray(users) || users instanceof Map)
    throw new InvalidOption('users', users, 'a plain object: user → password');
  const known = new Map(Object.entries(users));
  for (const [user, password] of known) checkCredentials({ user, password }, 'users');
  return (user, password) => {
    const right = known.get(user);
    // Whether there is such a user must not show in the time either.
    return sameSecret(password, right ?? '') && right !== undefined;
  };
}

/** With all defaults. */
export const zmtpTransport: Required<Transport> = createZmtpTransport();
