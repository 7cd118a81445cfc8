/** seaworthy: ZeroMQ reliability patterns for Node.js. Every public name, listed one by one. */
export * from './majordomo/index.ts';
export { BrokenInvariant, ImpossibleEvent, InvalidOption, SeaworthyError } from './core/errors.ts';
export { createLogger, silentLogger, type LogLevel, type Logger, type LoggerOptions } from './runtime/log.ts';
export { traceTo, type TraceEvent, type TraceSink } from './runtime/trace.ts';
export { clockFrom, systemClock, type Clock, type FakeTimersClock } from './runtime/clock.ts';
export type { RoleEvents, RoleOptions } from './runtime/role.ts';
export type { TypedEvents } from './runtime/events.ts';
export { BindFailed, InvalidEndpoint, type LivenessLayers, type Transport } from './transport/transport.ts';
export type { FrameLike } from './wire/message.ts';
