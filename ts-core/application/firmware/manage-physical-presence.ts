/** Implements Get-TpmPhysicalPresence, Request-TpmPhysicalPresence and Tbsi_Physical_Presence_Command. */
import { type Caller, isAdministrator } from '../../domain/caller.js';
import { isKnownOperation, mayRequest, NO_OPERATION, operationName } from '../../domain/firmware/physical-presence.js';
import {
  encodeText,
  encodeWords,
  PpiFunction,
  PpiSubmitResult,
  wordsOf,
} from '../../domain/firmware/physical-presence-command.js';
import { TbsError } from '../../domain/tbs-error.js';
import type { Events } from '../events/events.js';
import type { PhysicalPresence, PhysicalPresenceAnswer } from '../ports/firmware.js';

export interface PhysicalPresenceState {
  readonly version: string;
  /** 0: none is pending. */
  readonly pendingOperation: number;
  /** 0 none, 1 shut down, 2 restart, 3 vendor-specific. */
  readonly transitionAction: number;
  readonly lastAnswer: PhysicalPresenceAnswer | undefined;
  /** By operation; undefined if the firmware cannot be asked. */
  readonly confirmations: ReadonlyMap<number, number> | undefined;
}

/** An operation that the firmware will execute at the next boot. */
export interface PendingRequest {
  readonly operation: number;
  /** The action that executes it: 0 none, 1 shut down, 2 restart, 3 vendor-specific. */
  readonly transitionAction: number;
  /** Whether the firmware asks a person at the machine to confirm. */
  readonly userRequired: boolean;
}

export class ManagePhysicalPresence {
  readonly #platform: PhysicalPresence;
  readonly #events: Events;

  constructor(platform: PhysicalPresence, events: Events) {
    this.#platform = platform;
    this.#events = events;
  }

  async get(): Promise<PhysicalPresenceState> {
    const platform = this.#platform;
    return {
      version: await platform.version(),
      pendingOperation: await platform.pendingOperation(),
      transitionAction: await platform.transitionAction(),
      lastAnswer: await platform.lastAnswer(),
      confirmations: await platform.confirmations(),
    };
  }

  /** Returns the pending operation; undefined if there is none, or if the platform has no interface. */
  async pendingRequest(): Promise<PendingRequest | undefined> {
    try {
      const operation = await this.#platform.pendingOperation();
      if (operation === NO_OPERATION) return undefined;
      const verdict = mayRequest(operation, await this.#platform.confirmations());
      const userRequired = !verdict.permitted || verdict.userRequired;
      return { operation, transitionAction: await this.#platform.transitionAction(), userRequired };
    } catch (error) {
      if (hasNoInterface(error)) return undefined;
      throw error;
    }
  }

  /** Requests the first operation that the platform accepts. Returns false if it accepts none, or has no interface. */
  async requestFirstOffered(caller: Caller, operations: readonly number[]): Promise<boolean> {
    try {
      const confirmations = await this.#platform.confirmations();
      const offered = operations.find((operation) => mayRequest(operation, confirmations).permitted);
      if (offered === undefined) return false;
      await this.request(caller, offered);
      return true;
    } catch (error) {
      if (hasNoInterface(error)) return false;
      throw error;
    }
  }

  /** Asks the firmware to execute the operation at the next boot; 0 withdraws the pending request. */
  async request(caller: Caller, operation: number): Promise<PhysicalPresenceState> {
    await this.#platform.version();
    const verdict = mayRequest(operation, await this.#platform.confirmations());
    if (!verdict.permitted) {
      throw new TbsError('TBS_E_PPI_FUNCTION_UNSUPPORTED', {
        message: `Physical presence operation ${operation} (${operationName(operation)}) cannot be requested: ${verdict.reason}.`,
        details: { operation, reason: verdict.reason },
      });
    }
    await this.#platform.request(operation);
    this.#events.raise(
      'administration',
      `Requested from the firmware: physical presence operation ${operation} (${operationName(operation)}).`,
      { caller, details: { operation, userRequired: verdict.userRequired } },
    );
    return this.get();
  }

  /**
   * The ACPI physical presence interface in the form of Tbs.h: `input` is the function's index and its arguments, the
   * answer its return value (TCG Physical Presence Interface 1.3, 2.1). All are 32-bit little-endian words, except the
   * version.
   */
  async command(caller: Caller, input: Uint8Array): Promise<Uint8Array> {
    const [functionIndex, argument, ...more] = wordsOf(input);
    if (functionIndex === undefined || more.length > 1) throw badInput();
    switch (functionIndex) {
      case PpiFunction.GET_VERSION:
        return encodeText(await this.#platform.version());
      case PpiFunction.SUBMIT_REQUEST:
      case PpiFunction.SUBMIT_REQUEST_2:
        if (argument === undefined) throw badInput();
        return encodeWords(await this.#submit(caller, argument));
      case PpiFunction.GET_PENDING:
        return encodeWords(PpiSubmitResult.SUCCESS, await this.#platform.pendingOperation());
      case PpiFunction.GET_TRANSITION:
        return encodeWords(await this.#platform.transitionAction());
      case PpiFunction.GET_RESPONSE: {
        const answer = await this.#platform.lastAnswer();
        return encodeWords(PpiSubmitResult.SUCCESS, answer?.operation ?? 0, answer?.result ?? 0);
      }
      case PpiFunction.GET_CONFIRMATION:
        if (argument === undefined) throw badInput();
        return encodeWords(await this.#confirmation(argument));
      default:
        await this.#platform.version();
        throw functionNotOffered(functionIndex);
    }
  }

  async #confirmation(operation: number): Promise<number> {
    await this.#platform.version();
    const confirmations = await this.#platform.confirmations();
    if (confirmations === undefined) throw functionNotOffered(PpiFunction.GET_CONFIRMATION);
    return confirmations.get(operation) ?? 0;
  }

  async #submit(caller: Caller, operation: number): Promise<number> {
    if (!isAdministrator(caller)) {
      throw new TbsError('TBS_E_ACCESS_DENIED', {
        message: 'Only an administrator may request a physical presence operation.',
      });
    }
    if (!isKnownOperation(operation)) return PpiSubmitResult.NOT_IMPLEMENTED;
    await this.request(caller, operation);
    return PpiSubmitResult.SUCCESS;
  }
}

function hasNoInterface(error: unknown): boolean {
  return (
    error instanceof TbsError &&
    (error.symbol === 'TBS_E_PPI_NOT_SUPPORTED' || error.symbol === 'TBS_E_PPI_FUNCTION_UNSUPPORTED')
  );
}

function functionNotOffered(functionIndex: number): TbsError {
  return new TbsError('TBS_E_PPI_FUNCTION_UNSUPPORTED', {
    message: `The platform does not offer function ${functionIndex} of the physical presence interface.`,
    details: { functionIndex },
  });
}

function badInput(): TbsError {
  return new TbsError('TBS_E_BAD_PARAMETER', {
    message: "The input must be a function's index and its arguments, 32 bits each, little endian.",
    details: { parameter: 'input' },
  });
}
