/** What drives machines: clock, driver, actor, events, logging and traces. */
export { Actor } from './actor.ts';
export { clockFrom, systemClock, type Clock, type FakeTimersClock } from './clock.ts';
export { Driver, type DriverHooks } from './driver.ts';
export { TypedEvents, type EventMap } from './events.ts';
export { createLogger, silentLogger, type LogDestination, type LogLevel, type Logger, type LoggerOptions } from './log.ts';
export {
  traceLine,
  traceObserver,
  traceTo,
  type TraceDestination,
  type TraceEvent,
  type TraceSink,
  type TraceToOptions,
  type TraceValue,
} from './trace.ts';
