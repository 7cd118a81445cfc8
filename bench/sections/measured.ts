/** The brokers that the benchmark measures. Each is a script that answers `endpoint` and `mark`. */
import type { MajordomoBrokerOptions } from 'seaworthy/majordomo';
import type { Broker } from '../measure.ts';

export const FORWARDER: Broker = { name: 'minimal forwarder', script: 'minimal-forwarder.js' };
export const SEAWORTHY: Broker = {
  name: 'seaworthy over zeromq',
  script: 'seaworthy-broker.js',
  environment: { SEAWORTHY_TRANSPORT: 'zeromq' },
};
/** The same over our own engine; its peers are plain ZeroMQ ones all the same. */
export const OVER_ZMTP: Broker = { ...SEAWORTHY, name: 'seaworthy over zmtp', environment: { SEAWORTHY_TRANSPORT: 'zmtp' } };

/** Each role over the transport that it takes by default: the broker over our engine, its peers over libzmq. */
export const BY_DEFAULT: Broker = { ...SEAWORTHY, name: 'seaworthy', environment: { SEAWORTHY_TRANSPORT: '' } };

/** One of ours with other options. */
export function brokerWith(broker: Broker, options: MajordomoBrokerOptions): Broker {
  return { ...broker, environment: { ...broker.environment, BROKER_OPTIONS: JSON.stringify(options) } };
}
