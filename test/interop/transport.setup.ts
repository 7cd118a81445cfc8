/** Loads the transport that the tests of a project run over, so that compiling it does not count as time that passes in a test. */
import { defaultTransport } from '../../src/transport/transport.ts';

await (defaultTransport() === 'zmtp' ? import('../../src/transport/zmtp/index.ts') : import('../../src/transport/zeromq.ts'));
