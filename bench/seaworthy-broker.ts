/** Our broker in a process of its own, as an application would embed it: default options, no logger, no trace. */
import { MajordomoBroker, type MajordomoBrokerOptions } from 'seaworthy/majordomo';
import { answerParent } from './child.ts';
import { startProfile, stopProfile } from './profile.ts';

const options = JSON.parse(process.env['BROKER_OPTIONS'] ?? '{}') as MajordomoBrokerOptions;
const broker = await MajordomoBroker.listen('tcp://127.0.0.1:*', options);

answerParent({ endpoint: () => broker.endpoint, registered: () => broker.inspect().workers.length, startProfile, stopProfile });
