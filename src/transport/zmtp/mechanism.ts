/**
 * How two ends of a ZMTP connection introduce themselves: NULL and PLAIN (rfc.zeromq.org/spec/24). A mechanism sees the commands of the
 * handshake, and answers with commands; others (CURVE) fit in by the same interface.
 */
import { timingSafeEqual, createHash } from 'node:crypto';
import { encodeHello, encodeProperties, WELCOME, type Command } from '../../wire/zmtp.ts';
import type { Frame } from '../../wire/message.ts';

export type Properties = ReadonlyMap<string, Frame>;

export type Progress =
  /** Go on; `send` first. */
  | { readonly kind: 'more'; readonly send?: Frame }
  /** The peer has introduced itself; `send` last. */
  | { readonly kind: 'done'; readonly properties: Properties; readonly send?: Frame }
  | { readonly kind: 'refused'; readonly reason: string };

/** One handshake. */
export interface Handshake {
  /** What is sent when the greetings are exchanged. */
  begin(): Frame | undefined;
  take(command: Command): Progress;
}

export interface Mechanism {
  /** As in the greeting. */
  readonly name: string;
  /** Whether this end is the one that checks. */
  readonly asServer: boolean;
  /** @param own what this end says of itself. */
  shake(own: { readonly [name: string]: string }): Handshake;
}

/** What a command in the wrong place ends a handshake with. */
function unexpected(command: Command): Progress {
  return { kind: 'refused', reason: command.kind === 'INVALID' ? command.reason : `${command.kind} is not expected here` };
}

export const NULL: Mechanism = {
  name: 'NULL',
  asServer: false,
  shake: (own) => ({
    begin: () => encodeProperties('READY', own),
    take: (command) => (command.kind === 'READY' ? { kind: 'done', properties: command.properties } : unexpected(command)),
  }),
};

/** The end that says who it is. */
export function plainClient(user: string, password: string): Mechanism {
  return {
    name: 'PLAIN',
    asServer: false,
    shake: (own) => {
      let welcome = false;
      return {
        begin: () => encodeHello(user, password),
        take: (command) => {
          if (command.kind === 'WELCOME' && !welcome) {
            welcome = true;
            return { kind: 'more', send: encodeProperties('INITIATE', own) };
          }
          if (command.kind === 'READY' && welcome) return { kind: 'done', properties: command.properties };
          return unexpected(command);
        },
      };
    },
  };
}

/** The end that checks. `accepts` is called once per connection. */
export function plainServer(accepts: (user: string, password: string) => boolean): Mechanism {
  return {
    name: 'PLAIN',
    asServer: true,
    shake: (own) => {
      let welcome = false;
      return {
        begin: () => undefined,
        take: (command) => {
          if (command.kind === 'HELLO' && !welcome) {
            welcome = accepts(command.user, command.password);
            return welcome ? { kind: 'more', send: WELCOME } : { kind: 'refused', reason: 'Invalid username or password' };
          }
          if (command.kind === 'INITIATE' && welcome)
            return { kind: 'done', properties: command.properties, send: encodeProperties('READY', own) };
          return unexpected(command);
        },
      };
    },
  };
}

/** Whether two secrets are the same, in a time that does not tell how much of them is. */
export function sameSecret(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
