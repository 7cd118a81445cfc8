/** The brokers that the benchmark measures. Each is a script that answers `endpoint` and `mark`. */
import type { MajordomoBrokerOptions } from 'seaworthy/majordomo';
import type { Broker } from '../measure.ts';

export const FORWARDER: Broker = { name: 'minimal forwarder', script: 'minimal-forwarder.js' };
export const SEAWORTHY: Broker = { name: 'seaworthy', script: 'seaworthy-broker.js', environment: { SEAWORTHY_TRANSPORT: 'zeromq' } };
/** The same over our own engine; its peers are plain ZeroMQ ones all the same. */
export const OVER_ZMTP: Broker = { ...SEAWORTHY, name: 'seaworthy over zmtp', environment: { SEAWORTHY_TRANSPORT: 'zmtp' } };

/** One of ours with other options. */
export function brokerWith(broker: Broker, options: MajordomoBrokerOptions): Broker {
  return { ...broker, environment: { ...broker.environment, BROKER_OPTIONS: JSON.stringify(options) } };
}
