/** Makes a model of a world: the explorer sees texts, and rules and moves see worlds. */
import type { Model, Move, Property } from '../explore.ts';
import { Packer } from './packing.ts';
import { Happenings, type Changing } from './world.ts';

/** A model that says how large its world is. */
export interface SmallModel extends Model<string> {
  /** How many there are of each, and how often what may happen: without those of which there are none. */
  readonly bounds: Readonly<Record<string, number>>;
}

export interface SmallWorld<W extends Changing> {
  readonly name: string;
  readonly bounds: Readonly<Record<string, number>>;
  begin(): W;
  unpack(text: string): W;
  offer(world: W, happenings: Happenings<W>): void;
  readonly always: readonly Property<W>[];
  readonly sometimes: readonly Property<W>[];
  readonly eventually: readonly Property<W>[];
}

export function modelOf<W extends Changing>(parts: SmallWorld<W>): SmallModel {
  const unpack = (text: string): W => parts.unpack(text);
  const pack = (world: W): string => {
    const packer = new Packer();
    world.pack(packer);
    return packer.text;
  };
  // Several rules look at one state after another: it is unpacked once for all of them, and none of them changes it.
  let lastText: string | undefined;
  let lastWorld: W | undefined;
  const look = (text: string): W => {
    if (text !== lastText || lastWorld === undefined) [lastText, lastWorld] = [text, unpack(text)];
    return lastWorld;
  };
  const ofTexts = (property: Property<W>): Property<string> => {
    const { name, sentence } = property;
    return { name, sentence, holds: (text) => property.holds(look(text)) };
  };
  return {
    name: parts.name,
    bounds: parts.bounds,
    initial: [pack(parts.begin())],
    next(text): readonly Move<string>[] {
      const happenings = new Happenings<W>(text, unpack, pack);
      parts.offer(look(text), happenings);
      return happenings.moves;
    },
    key: (text) => text,
    always: parts.always.map(ofTexts),
    sometimes: parts.sometimes.map(ofTexts),
    eventually: parts.eventually.map(ofTexts),
  };
}
