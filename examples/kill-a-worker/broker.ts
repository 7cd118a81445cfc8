/** The broker's process. */
import { BindFailed, MajordomoBroker } from 'seaworthy';
import { childSettings, obeyParent, report, roleOptions } from './child.ts';

const settings = childSettings();

try {
  const broker = await MajordomoBroker.listen(settings.endpoint, roleOptions(settings));
  broker.events.on('workerRegistered', (value) => void report({ event: 'workerRegistered', ...value }));
  broker.events.on('workerLost', (value) => void report({ event: 'workerLost', ...value }));
  broker.events.on('requestRequeued', (value) => void report({ event: 'requestRequeued', ...value }));
  broker.events.on('requestFailed', (value) => void report({ event: 'requestFailed', ...value }));
  broker.events.on('peerRefused', (value) => void report({ event: 'peerRefused', ...value }));
  obeyParent(broker);
  void report({ event: 'listening' });
} catch (error) {
  if (!(error instanceof BindFailed)) throw error;
  await report({ event: 'portTaken' });
  process.disconnect();
}
