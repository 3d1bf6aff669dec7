/**
 * Holds the waiting commands of the queue: commands in the line of their context, contexts and users in heaps by band.
 */
import type { HeapMember, KeyedHeap } from './keyed-heap.js';
import type { LineMember, LinkedLine } from './linked-line.js';
import { BAND_COUNT } from './priority.js';
import type { TpmShare } from './tpm-share.js';

/** The place where a command waits: `push` returns it and `remove` takes it. */
export interface QueuePlace {
  /** False once the command has left the queue. */
  readonly isWaiting: boolean;
}

/** A waiting command, in the line of its context. */
export interface Entry<Command> extends QueuePlace, LineMember<Entry<Command>> {
  readonly command: Command;
  readonly context: ContextLine<Command>;
  readonly band: number;
  readonly agesAtMs: number;
  isWaiting: boolean;
  /** Undefined once the command has aged, because it has then left the line of arrivals. */
  arrival: Arrival<Command> | undefined;
}

/** The same command in the line of all arrivals. */
export interface Arrival<Command> extends LineMember<Arrival<Command>> {
  readonly entry: Entry<Command>;
}

export interface ContextLine<Command> extends HeapMember {
  readonly contextId: number;
  readonly user: UserLine<Command>;
  readonly line: LinkedLine<Entry<Command>>;
  readonly waitingByBand: number[];
  band: number;
}

export interface UserLine<Command> {
  readonly userKey: string;
  lastServedTurn: number;
  waiting: number;
  readonly contexts: Map<number, ContextLine<Command>>;
  readonly share: TpmShare;
  /** One place for each band, since a user may wait in several bands with different contexts. */
  readonly places: (UserPlace<Command> | undefined)[];
  runContext: ContextLine<Command> | undefined;
  runLength: number;
}

export interface UserPlace<Command> extends HeapMember {
  readonly user: UserLine<Command>;
  readonly band: number;
  /** The band in whose heap it is. */
  competesIn: number;
  readonly contexts: KeyedHeap<ContextLine<Command>>;
}

export function oldestOf<Command>(context: ContextLine<Command>): Command {
  return (context.line.first() as Entry<Command>).command;
}

export function waitingByBand<Command>({ contexts }: UserLine<Command>): readonly number[] {
  const sums = new Array<number>(BAND_COUNT).fill(0);
  for (const context of contexts.values()) {
    for (const [band, count] of context.waitingByBand.entries()) sums[band] = (sums[band] as number) + count;
  }
  return sums;
}

/** Returns -1 if nothing waits in the context. */
export function highestBand<Command>(context: ContextLine<Command>): number {
  return context.waitingByBand.findLastIndex((count) => count > 0);
}
