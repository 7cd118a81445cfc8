/**
 * Simulation for your own services: the roles of this library, unchanged, over a simulated network, clock and chance, with faults drawn from
 * a seed. Needs no test runner and no native binding. See docs/testkit.md.
 */
export { Random } from './core/random.ts';
export type { TraceEvent, TraceValue } from './runtime/trace.ts';
export { campaign, runsForConfidence, type CampaignOptions, type CampaignResult } from './simulation/campaign.ts';
export { CellCoverage, type CellCounts } from './simulation/cells.ts';
export { diagram, type DiagramOptions } from './simulation/diagram.ts';
export {
  BrokenRule,
  explore,
  tellCounterExample,
  type CounterExample,
  type Exploration,
  type ExploreOptions,
  type ExploreProgress,
  type Model,
  type Move,
  type Property,
} from './simulation/explore.ts';
export { FAULT_FIELDS, FAULT_OPS, describeFault, drawFaults, type Fault, type FaultMenu, type FaultOp } from './simulation/faults.ts';
export { RealWorldInSimulation } from './simulation/guard.ts';
export type { Answer, Host, Keepable, Ports, Program, Question } from './simulation/host.ts';
export {
  always,
  eventually,
  onTrace,
  sometimes,
  type Invariant,
  type ProcessView,
  type Rule,
  type RunView,
  type Snapshot,
  type Watcher,
} from './simulation/invariants.ts';
export type { Range, SimulatedNetworkOptions } from './simulation/network.ts';
export {
  binaryStarClientRules,
  binaryStarRules,
  freelanceClientRules,
  freelanceRules,
  lazyPirateClientRules,
  majordomoClientRules,
  majordomoRules,
  paranoidPirateRules,
  simplePirateRules,
  type BinaryStarWorld,
  type BrokerWorld,
  type ClientWorld,
  type ServerWorld,
} from './simulation/pattern-rules.ts';
export { parseReplay, replay, replayOf, report, type Replay } from './simulation/report.ts';
export { scenarios } from './simulation/scenarios/index.ts';
export { shrink, type ShrinkOptions, type Shrunk } from './simulation/shrink.ts';
export {
  simulate,
  type Nodes,
  type RunOptions,
  type RunResult,
  type RunStatistics,
  type Simulation,
  type SimulationOptions,
  type Violation,
} from './simulation/simulate.ts';
export { playStory, readStoryHead, StoryUnplayable, type StoryHead } from './simulation/story.ts';
export type { StoryPattern } from './simulation/story-words.ts';
export { MarksUnreached, SimulationFailed, verify, type VerifyOptions } from './simulation/verify.ts';
