/** The layers, as docs/ARCHITECTURE.md draws them. Type-only imports count: a type is knowledge too. */
const PATTERNS = 'lazy-pirate|simple-pirate|paranoid-pirate|majordomo|binary-star|freelance|titanic|ordered-multicast';
const BALANCER = '^src/load-balancer/';
const PURE_BALANCER = '^src/load-balancer/(ready-workers|failures|dialect|[^/]+\\.machine)\\.ts$';
const CONNECTION = '^src/transport/zmtp/[^/]+\\.machine\\.ts$';
const PURE = `^src/(core|wire)/|${PURE_BALANCER}|^src/(${PATTERNS})/(codec|[^/]+\\.machine)\\.ts$|^src/machines\\.ts$|${CONNECTION}`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'core-imports-nothing',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { pathNot: '^src/core/' },
    },
    {
      name: 'wire-imports-core',
      severity: 'error',
      from: { path: '^src/wire/' },
      to: { pathNot: '^src/(core|wire)/' },
    },
    {
      name: 'the-pure-half-of-the-load-balancer-imports-core-and-wire',
      severity: 'error',
      from: { path: PURE_BALANCER },
      to: { pathNot: `^src/(core|wire)/|${PURE_BALANCER}` },
    },
    {
      name: 'the-load-balancer-knows-no-pattern',
      severity: 'error',
      from: { path: BALANCER },
      to: { path: `^src/(${PATTERNS}|simulation|cli|dashboard)/` },
    },
    {
      name: 'machines-and-codecs-import-the-pure-layers-and-their-own-folder',
      severity: 'error',
      from: { path: `^src/(${PATTERNS})/(?:codec|[^/]+\\.machine)\\.ts$` },
      to: { pathNot: `^src/(core|wire|$1)/|${PURE_BALANCER}` },
    },
    {
      name: 'pure-files-never-reach-the-shell',
      comment: 'Not even through a neighbour in the same folder: charts, simulation and explorer load them without sockets.',
      severity: 'error',
      from: { path: PURE },
      to: { path: '^src/(runtime|transport|simulation|cli|dashboard)/', pathNot: CONNECTION, reachable: true },
    },
    {
      name: 'runtime-and-transport-know-no-pattern',
      severity: 'error',
      from: { path: '^src/(runtime|transport)/' },
      to: { path: `^src/(${PATTERNS}|simulation|cli|dashboard|load-balancer)/` },
    },
    {
      name: 'patterns-build-only-on-the-patterns-the-guide-builds-them-on',
      severity: 'error',
      from: { path: `^src/(${PATTERNS})/` },
      to: { path: `^src/(${PATTERNS})/`, pathNot: '^src/($1|lazy-pirate|majordomo)/' },
    },
    {
      name: 'only-few-build-on-lazy-pirate',
      comment:
        'The other pirates, whose clients it is; Binary Star, whose client knows besides which server serves; Freelance, whose servers are such.',
      severity: 'error',
      from: { path: `^src/(${PATTERNS})/`, pathNot: '^src/((lazy|simple|paranoid)-pirate|binary-star|freelance)/' },
      to: { path: '^src/lazy-pirate/' },
    },
    {
      name: 'only-titanic-builds-on-majordomo',
      severity: 'error',
      from: { path: `^src/(${PATTERNS})/`, pathNot: '^src/(majordomo|titanic)/' },
      to: { path: '^src/majordomo/' },
    },
    {
      name: 'only-the-zeromq-transport-imports-zeromq',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/transport/zeromq\\.ts$' },
      to: { path: '(^|/)node_modules/zeromq/|^zeromq$' },
    },
    {
      name: 'the-zeromq-transport-is-loaded-when-it-is-needed',
      comment: 'A static import would make everything else need the native binding.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/transport/zeromq\\.ts$', dynamic: false },
    },
    {
      name: 'only-the-log-imports-pino',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/runtime/log\\.ts$' },
      to: { path: '(^|/)node_modules/pino/|^pino$' },
    },
    {
      name: 'only-the-events-import-eventemitter3',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/runtime/events\\.ts$' },
      to: { path: '(^|/)node_modules/eventemitter3/|^eventemitter3$' },
    },
    {
      name: 'the-simulation-has-no-real-network',
      severity: 'error',
      from: { path: '^src/simulation/' },
      to: { path: '^src/transport/zeromq\\.ts$|(^|/)node_modules/zeromq/|^zeromq$' },
    },
    {
      name: 'the-library-needs-no-development-tools',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'the-library-knows-neither-tests-nor-examples',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|examples|bench|scripts)/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'every-import-leads-somewhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|build|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
