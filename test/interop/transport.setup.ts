/** Loads the transports that the tests of a project run over, so that compiling them does not count as time that passes in a test. */
import { defaultTransport } from '../../src/transport/transport.ts';

const inUse = [defaultTransport('carry'), defaultTransport('handle')];
if (inUse.includes('zmtp')) await import('../../src/transport/zmtp/index.ts');
if (inUse.includes('zeromq')) await import('../../src/transport/zeromq.ts');
