/**
 * What the small worlds of all patterns have in common: connections that lose messages only at their end, faults that are counted, work
 * that follows an event, and rules that can be broken on the way.
 *
 * A world is unpacked from its text, something happens to it, and it is packed again: so nothing is ever shared between two states.
 */
import { ImpossibleEvent, BrokenInvariant } from '../../core/errors.ts';
import { BrokenRule, type Move } from '../explore.ts';
import { expectWithin, type Packer, type Unpacker } from './packing.ts';

/** What can go wrong, and how often it does so in one run. */
export interface Faults {
  /** Workers, or servers, that die and come back without a memory. */
  readonly crashes: number;
  /** Queues or brokers that do. */
  readonly restarts: number;
  /** Connections that end, with whatever is on the way. */
  readonly cuts: number;
  /** Peers that live and are given up as silent. */
  readonly suspicions: number;
  /** Handlers that fail. */
  readonly failures: number;
}

/** A bound on what is no fault, but could go on for ever. */
export interface Bounds extends Faults {
  /** Heartbeats that are sent because they are due. */
  readonly heartbeats: number;
  /** Requests that wait too long at a broker. */
  readonly expiries: number;
  /** Requests that are aborted by whoever made them. */
  readonly aborts: number;
  /** Processes that are told to end. */
  readonly closes: number;
  /** Brokers that are told to end, and come back. */
  readonly shutdowns: number;
  /** Messages of a stranger who speaks as a worker does, and should not. */
  readonly oddities: number;
}

type Budget = { -readonly [B in keyof Bounds]: Bounds[B] };
export const BUDGETS: readonly (keyof Bounds)[] = [
  'crashes',
  'restarts',
  'cuts',
  'suspicions',
  'failures',
  'heartbeats',
  'expiries',
  'aborts',
  'closes',
  'shutdowns',
  'oddities',
];

/** Says to the other end that the connection is no more. Anything else on a connection is a message of the pattern's. */
export const END = 0;

/** The largest numbers that a message has room for; requests are numbered from 0, attempts and deliveries from 1. */
export const MOST_REQUEST = 15;
export const MOST_ATTEMPT = 15;
export const MOST_HANDLE = 255;

/**
 * A message as a number: what it is (0 to 15), a request, an attempt, the number of a delivery.
 *
 * @throws Error when one of them does not fit.
 */
export function message(kind: number, request: number, attempt = 0, handle = 0): number {
  expectWithin('the number of a request', request, MOST_REQUEST);
  expectWithin('the number of an attempt', attempt, MOST_ATTEMPT);
  expectWithin('the number of a delivery', handle, MOST_HANDLE);
  return kind | (request << 4) | (attempt << 8) | (handle << 12);
}
export function kindOf(message: number): number {
  return message & 15;
}
export function requestOf(message: number): number {
  return (message >> 4) & 15;
}
export function attemptOf(message: number): number {
  return (message >> 8) & 15;
}
export function handleOf(message: number): number {
  return message >> 12;
}

/** From somebody who connected to somebody who listens. What is sent arrives in order, or not at all and nothing after it. */
export class Connection {
  /** Who connected. */
  readonly owner: number;
  /** Which of those who listen. */
  readonly to: number;
  /** On the way to the listener. */
  up: number[] = [];
  /** On the way to the owner. */
  down: number[] = [];
  /** Whether the owner still has it. */
  open = true;
  /** Whether the listener still has it, or will have it when it is up. */
  bound = true;
  /** The request that has it to itself; -1 for none. */
  carries = -1;
  /** A request was sent over it and has not been answered. */
  unanswered = false;
  /** At a broker: the machine of the worker at the other end. */
  session = 0;
  /** At a broker that is not told of ends: it has ended, and is kept nevertheless. */
  kept = false;
  /** At a broker: messages against the protocol that came over it. */
  strikes = 0;
  /** Its owner reads nothing: what is sent to it is gone, and when it ends nobody needs to hear of it. */
  readonly deaf: boolean;
  /** At a broker: the requests that this worker holds, in the order in which it was handed them. */
  requests: Pending[] = [];
  /** Its place among the connections of this state. */
  label = 0;

  constructor(owner: number, to: number, deaf: boolean) {
    this.owner = owner;
    this.to = to;
    this.deaf = deaf;
  }
}

/** A request that a broker has taken in. */
export interface Pending {
  /** Where it came from; none when that connection is no more. */
  client: Connection | undefined;
  /** The broker knows that its client has gone. */
  abandoned: boolean;
  readonly message: number;
  deliveries: number;
  handle: number;
}

/** A rule was broken in the middle of a move. */
class Breach extends Error {
  readonly property: string;

  constructor(property: string, sentence: string) {
    super(sentence);
    this.property = property;
  }
}

export function breach(property: string, sentence: string): never {
  throw new Breach(property, sentence);
}

/** A world that a move may change, and that becomes a text. */
export interface Changing {
  /** What came of the move, for its story. */
  readonly notes: readonly string[];
  /** Ends an event. */
  leave(): void;
  pack(packer: Packer): void;
}

export abstract class World implements Changing {
  /** By owner; of one owner the oldest first. */
  connections: Connection[] = [];
  /** What may still happen. */
  readonly left: Budget = {
    crashes: 0,
    restarts: 0,
    cuts: 0,
    suspicions: 0,
    failures: 0,
    heartbeats: 0,
    expiries: 0,
    aborts: 0,
    closes: 0,
    shutdowns: 0,
    oddities: 0,
  };
  /** All faults together that may still happen. */
  faultsLeft = 0;
  /** How often each request was begun to be worked on; 3 for more. */
  executions: number[] = [];
  /** What came of the move, for its story. */
  readonly notes: string[] = [];
  readonly #followUps: (() => void)[] = [];

  /** Whether what is sent to somebody is not read. */
  isDeaf(_owner: number): boolean {
    return false;
  }
  /** Whether the listener of a connection is there. */
  abstract isUp(listener: number): boolean;
  abstract pack(packer: Packer): void;

  connect(owner: number, to: number): Connection {
    const connection = new Connection(owner, to, this.isDeaf(owner));
    let at = this.connections.length;
    while (at > 0 && (this.connections[at - 1] as Connection).owner > owner) at--;
    this.connections.splice(at, 0, connection);
    return connection;
  }

  sendUp(connection: Connection, message: number): void {
    if (connection.bound && !hasEnded(connection.up)) connection.up.push(message);
  }

  sendDown(connection: Connection, message: number): void {
    if (connection.deaf) {
      if (message === END) connection.open = false;
    } else if (connection.open && !hasEnded(connection.down)) connection.down.push(message);
  }

  /** Its owner closes it, or dies: what was sent may still arrive, what was not can not. */
  close(connection: Connection): void {
    if (!connection.open) return;
    connection.open = false;
    connection.down.length = 0;
    connection.carries = -1;
    if (!connection.bound || hasEnded(connection.up)) return;
    if (this.isUp(connection.to)) connection.up.push(END);
    else this.unbind(connection);
  }

  /** The listener has it no more. */
  unbind(connection: Connection): void {
    connection.bound = false;
    connection.up.length = 0;
  }

  /** It is reset; of what was on the way so much arrives. */
  cut(connection: Connection, up: number, down: number): void {
    connection.up.length = up;
    connection.up.push(END);
    if (!connection.open) return;
    connection.down.length = down;
    connection.down.push(END);
  }

  /** As a driver does: after the event, before the next one. */
  followUp(work: () => void): void {
    this.#followUps.push(work);
  }

  /** Ends an event. */
  leave(): void {
    for (const work of this.#followUps) work();
    this.#followUps.length = 0;
    this.connections = this.connections.filter(({ open, bound, kept }) => open || bound || kept);
  }

  spend(budget: keyof Bounds): void {
    this.left[budget]--;
  }

  spendFault(fault: keyof Faults): void {
    this.left[fault]--;
    this.faultsLeft--;
  }

  mayFail(fault: keyof Faults): boolean {
    return this.left[fault] > 0 && this.faultsLeft > 0;
  }

  execute(request: number): void {
    this.executions[request] = Math.min(3, (this.executions[request] as number) + 1);
  }

  protected packShared(packer: Packer): void {
    for (const budget of BUDGETS) packer.put(this.left[budget]);
    packer.put(this.faultsLeft);
    packer.putAll(this.executions);
    packer.put(this.connections.length);
    this.connections.forEach((connection, label) => {
      connection.label = label;
      const { open, bound, unanswered, kept, strikes } = connection;
      packer.put(connection.owner);
      packer.put(connection.to);
      packer.put((open ? 1 : 0) | (bound ? 2 : 0) | (unanswered ? 4 : 0) | (kept ? 8 : 0) | (strikes << 4));
      packer.put(connection.carries + 1);
      packMessages(packer, connection.up);
      packMessages(packer, connection.down);
    });
  }

  protected unpackShared(unpacker: Unpacker): void {
    for (const budget of BUDGETS) this.left[budget] = unpacker.take();
    this.faultsLeft = unpacker.take();
    this.executions = unpacker.takeAll();
    for (let count = unpacker.take(); count > 0; count--) {
      const owner = unpacker.take();
      const connection = new Connection(owner, unpacker.take(), this.isDeaf(owner));
      const flags = unpacker.take();
      connection.open = (flags & 1) !== 0;
      connection.bound = (flags & 2) !== 0;
      connection.unanswered = (flags & 4) !== 0;
      connection.kept = (flags & 8) !== 0;
      connection.strikes = flags >> 4;
      connection.carries = unpacker.take() - 1;
      connection.up = unpackMessages(unpacker);
      connection.down = unpackMessages(unpacker);
      connection.label = this.connections.length;
      this.connections.push(connection);
    }
  }

  protected setBounds(bounds: Bounds, faults: number): void {
    for (const budget of BUDGETS) this.left[budget] = bounds[budget];
    this.faultsLeft = faults;
  }
}

/** Whether the connection has ended behind what is still on the way. */
export function hasEnded(messages: readonly number[]): boolean {
  return messages.length > 0 && messages[messages.length - 1] === END;
}

function packMessages(packer: Packer, messages: readonly number[]): void {
  packer.put(messages.length);
  for (const each of messages) packer.putLarge(each);
}

function unpackMessages(unpacker: Unpacker): number[] {
  const messages: number[] = [];
  for (let left = unpacker.take(); left > 0; left--) messages.push(unpacker.takeLarge());
  return messages;
}

/** Collects what may happen in one state. */
export class Happenings<W extends Changing> {
  readonly moves: Move<string>[] = [];
  readonly #state: string;
  readonly #unpack: (state: string) => W;
  readonly #pack: (world: W) => string;

  constructor(state: string, unpack: (state: string) => W, pack: (world: W) => string) {
    this.#state = state;
    this.#unpack = unpack;
    this.#pack = pack;
  }

  /**
   * @param label what happens, in plain words; or what makes them, when they are asked for.
   * @param act does it, to a world of its own.
   */
  add(label: string | (() => string), act: (world: W) => void, fault = false): void {
    const world = this.#unpack(this.#state);
    let state: string | BrokenRule;
    try {
      act(world);
      world.leave();
      state = this.#pack(world);
    } catch (error) {
      state = violationOf(error);
    }
    this.moves.push(new Happening(label, world.notes, fault, state));
  }
}

class Happening implements Move<string> {
  readonly fault: boolean;
  readonly state: string | BrokenRule;
  readonly #what: string | (() => string);
  readonly #notes: readonly string[];

  constructor(what: string | (() => string), notes: readonly string[], fault: boolean, state: string | BrokenRule) {
    this.#what = what;
    this.#notes = notes;
    this.fault = fault;
    this.state = state;
  }

  get label(): string {
    const what = typeof this.#what === 'string' ? this.#what : this.#what();
    return this.#notes.length === 0 ? what : `${what}: ${this.#notes.join(', ')}`;
  }
}

/** What a machine or a shell threw is a broken rule; anything else is a defect of the model, and is thrown on. */
function violationOf(error: unknown): BrokenRule {
  if (error instanceof Breach) return new BrokenRule(error.property, error.message);
  if (error instanceof ImpossibleEvent) return new BrokenRule('legal moves', error.message);
  if (error instanceof BrokenInvariant) return new BrokenRule('invariants', error.message);
  throw error;
}
