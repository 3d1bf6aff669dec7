/**
 * Contexts of clients that reconnect for every command, as tpm2-tss' swtpm TCTI does. The next command must still find
 * what the last one loaded, so the context belongs to the client's process and ends with it.
 *
 * If the operating system does not identify the process, all connections of a user share one context, which is closed
 * after some idle time.
 */
import type { ConnectionOpener } from '../../application/commands/caller-connection.js';
import type { RequestProtocol } from './request-connection.js';
import { SimulatorContext } from './simulator-context.js';
import type { PeerProcess, SimulatorPeer } from './simulator-peer.js';
import { commandExtent } from './tpm-request.js';

interface Entry {
  readonly context: SimulatorContext;
  readonly process: PeerProcess | undefined;
  users: number;
  idleSinceMs: number;
}

export interface ProcessContextsOptions {
  /** How often to check the processes, in milliseconds. */
  readonly sweepMs: number;
  /** For clients whose process is unknown, in milliseconds. */
  readonly idleLifeMs: number;
}

/** A user may have thousands of processes, and the others must not wait until all are checked. */
const CHECKED_AT_ONCE = 16;

export class ProcessContexts {
  readonly #entries = new Map<string, Entry>();
  #sweeper: NodeJS.Timeout | undefined;
  readonly #opener: ConnectionOpener;
  readonly #options: ProcessContextsOptions;

  constructor(opener: ConnectionOpener, options: ProcessContextsOptions) {
    this.#opener = opener;
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Returns the context of the peer's process. Every connection returns it with `release`. */
  acquire(peer: SimulatorPeer): SimulatorContext {
    const key = keyOf(peer);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const context = new SimulatorContext(this.#opener, peer.caller);
      entry = { context, process: peer.process, users: 0, idleSinceMs: 0 };
      this.#entries.set(key, entry);
      this.#sweeper ??= setInterval(() => void this.sweep(), this.#options.sweepMs).unref();
    }
    entry.users++;
    return entry.context;
  }

  release(peer: SimulatorPeer): void {
    const entry = this.#entries.get(keyOf(peer));
    if (entry === undefined) return;
    entry.users--;
    entry.idleSinceMs = performance.now();
  }

  /** Closes the contexts of processes that have ended, and those that have been idle too long. */
  async sweep(): Promise<void> {
    const nowMs = performance.now();
    let checked = 0;
    for (const [key, entry] of [...this.#entries]) {
      if (entry.users > 0) continue;
      if (++checked % CHECKED_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
      const ended =
        entry.process === undefined
          ? nowMs - entry.idleSinceMs >= this.#options.idleLifeMs
          : await entry.process.hasEnded();
      if (ended && entry.users === 0) this.#end(key, entry);
    }
    if (this.#entries.size === 0) this.#stopSweeping();
  }

  close(): void {
    this.#stopSweeping();
    for (const [key, entry] of this.#entries) this.#end(key, entry);
  }

  #end(key: string, entry: Entry): void {
    this.#entries.delete(key);
    entry.context.close();
  }

  #stopSweeping(): void {
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

/** Returns the protocol of a stream of plain TPM commands. Its context is that of the peer's process. */
export function plainCommands(contexts: ProcessContexts, peer: SimulatorPeer): RequestProtocol {
  const context = contexts.acquire(peer);
  return {
    extent: commandExtent,
    answer: async (request) => ({ bytes: await context.submit(request) }),
    closed: () => contexts.release(peer),
  };
}

function keyOf({ caller, process }: SimulatorPeer): string {
  return `${caller.userKey} ${caller.callerClass} ${process?.key ?? ''}`;
}
