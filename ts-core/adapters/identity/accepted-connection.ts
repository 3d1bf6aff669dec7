/**
 * A connection that the addon has accepted. It is only a file descriptor until someone takes it over or refuses it: a
 * node:net socket costs several times as much, and during a storm of connections every other caller would wait for it.
 */
import type { Caller } from '../../domain/caller.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { UnixCallerRules } from '../../domain/unix-caller.js';
import { nativeAddon } from './native-addon.js';
import { callerOfDescriptor } from './unix-peer.js';

const NO_BYTES = new Uint8Array(0);

export class AcceptedConnection {
  #fd: number | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Returns the caller. Throws TBS_E_ACCESS_DENIED when the kernel does not identify it. */
  callerBy(rules: UnixCallerRules): Caller {
    if (this.#fd === undefined) {
      throw new TbsError('TBS_E_ACCESS_DENIED', { message: 'The connection closed before its user was known.' });
    }
    return callerOfDescriptor(this.#fd, rules);
  }

  peerIsGone(): boolean {
    return this.#fd === undefined || nativeAddon().peerIsGone(this.#fd);
  }

  /** Returns the descriptor and gives up ownership of it; undefined when it was already taken or refused. */
  take(): number | undefined {
    const fd = this.#fd;
    this.#fd = undefined;
    return fd;
  }

  refuse(lastWords: Uint8Array = NO_BYTES): void {
    const fd = this.take();
    if (fd !== undefined) nativeAddon().refuseConnection(fd, lastWords);
  }
}
