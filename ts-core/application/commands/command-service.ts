/** Validates a submission (header, locality, priority, filter, quotas) and puts it into the queue. */

import { type Caller, isAdministrator, sharedLimit } from '../../domain/caller.js';
import { limitReached } from '../../domain/limit-reached.js';
import type { CommandQueue } from '../../domain/scheduling/command-queue.js';
import { appliedPriority } from '../../domain/scheduling/priority.js';
import { asTbsError, TbsError } from '../../domain/tbs-error.js';
import { decodeCommandHeader, type HeaderFault } from '../../domain/tpm/command-header.js';
import type { TpmVersion } from '../../domain/tpm/tpm-version.js';
import type { Virtualizer } from '../../domain/virtualization/virtualizer.js';
import type { Contexts, TbsContext } from '../contexts/contexts.js';
import type { Log } from '../ports/logs.js';
import type { Clock } from '../ports/operating-system.js';
import type { TpmTransport } from '../ports/tpm-transport.js';
import type {
  CallerConnection,
  ConnectionOpener,
  OpenedContext,
  Submission,
  SubmissionOutcome,
} from './caller-connection.js';
import { type CommandMeter, CommandMeters } from './command-meter.js';
import { CommandTraces } from './command-trace.js';
import type { Dispatcher } from './dispatcher.js';
import type { PendingCommand } from './pending-command.js';

export interface SubmissionGate {
  readonly listsRevision: number;
  /** Returns undefined to accept the command. A refusal has already been written to the audit log. */
  refusalAtSubmission(pending: PendingCommand): TbsError | undefined;
}

export interface QueueLimits {
  readonly maxQueuedPerContext: number;
  readonly maxQueuedPerUser: number;
  readonly maxQueued: number;
}

export interface SubmitParts {
  readonly version: TpmVersion;
  readonly maxCommandBytes: number;
  readonly contexts: Contexts;
  readonly queue: CommandQueue<PendingCommand>;
  readonly dispatcher: Dispatcher;
  readonly virtualizer: Virtualizer;
  readonly transport: TpmTransport;
  readonly gate: SubmissionGate;
  readonly limits: QueueLimits;
  readonly clock: Clock;
  readonly log: Log;
}

/** Locality 4 (TBS_COMMAND_LOCALITY_FOUR) is reserved for the platform's D-RTM hardware (TCG PC Client). */
const HIGHEST_CALLER_LOCALITY = 3;

export class CommandService implements ConnectionOpener {
  /** Set while the broker stops or is suspended; submissions are then refused with this reason. */
  closedBecause: string | undefined;
  /** Commands that were refused before they entered the queue. The dispatcher counts the others. */
  refused = 0;
  readonly traces = new CommandTraces();
  readonly #meters: CommandMeters;
  readonly #parts: SubmitParts;

  constructor(parts: SubmitParts) {
    this.#parts = parts;
    this.#meters = new CommandMeters(parts.version);
  }

  /** Reports every submission that ends to `meter`, until the returned function is called. */
  follow(meter: CommandMeter): () => void {
    return this.#meters.follow(meter);
  }

  /** Reports the end of a submission whose command had been read: it was queued, or refused afterwards. */
  ended(pending: PendingCommand, outcome: SubmissionOutcome): void {
    this.traces.end(pending, outcome, this.#parts.clock);
    this.#meters.ended(pending, outcome);
  }

  /** Reports a submission that was refused before its command had been read. */
  refusedUnread(caller: Caller, error: TbsError): void {
    this.#meters.refusedUnread(caller, error);
  }

  connect(caller: Caller): CallerConnection {
    return new CallerSession(caller, this, this.#parts);
  }

  /** Cancels every outstanding command of a context. */
  cancel(context: TbsContext): void {
    this.#parts.dispatcher.cancelContext(context.caller.userKey, context.id);
  }

  /** Closes a context, whoever owns it: cancels its queued commands and flushes its resources. */
  close(context: TbsContext): void {
    const { contexts, dispatcher, queue, virtualizer, log } = this.#parts;
    contexts.remove(context);
    dispatcher.cancelContext(context.caller.userKey, context.id);
    queue.forgetContext(context.caller.userKey, context.id);
    // Flushing for an administrator counts as the broker's own work: it runs before other users' commands.
    const userKey = isAdministrator(context.caller) ? undefined : context.caller.userKey;
    dispatcher
      .runExchange(() => virtualizer.closeContext(context.id), { userKey })
      .catch((error: unknown) => log.warn({ error, contextId: context.id }, 'cannot flush a closed context'));
  }
}

class CallerSession implements CallerConnection {
  readonly #own = new Map<number, TbsContext>();
  #closed = false;
  readonly #service: CommandService;
  readonly #parts: SubmitParts;

  constructor(
    readonly caller: Caller,
    service: CommandService,
    parts: SubmitParts,
  ) {
    this.#service = service;
    this.#parts = parts;
  }

  openContext(versions: readonly TpmVersion[]): OpenedContext {
    const { contexts, clock, version, virtualizer, maxCommandBytes } = this.#parts;
    this.#requireOpen();
    if (versions.length === 0) throw new TbsError('TBS_E_INVALID_CONTEXT_PARAM');
    if (!versions.includes(version)) {
      throw new TbsError('TBS_E_TPM_NOT_FOUND', {
        message: `The TPM of this machine is a TPM ${version}; the caller supports only ${versions.join(' and ')}.`,
        action: `Open the context for TPM ${version}.`,
        details: { tpmVersion: version },
      });
    }
    const context = contexts.create(this.caller, clock.wallClockMs());
    virtualizer.openContext(context.id, this.caller);
    this.#own.set(context.id, context);
    return { contextId: context.id, tpmVersion: version, maxCommandBytes };
  }

  hasContext(contextId: number): boolean {
    return this.#own.has(contextId);
  }

  closeContext(contextId: number): void {
    const context = this.#ownContext(contextId);
    this.#own.delete(contextId);
    this.#service.close(context);
  }

  submit(submission: Submission, done: (outcome: SubmissionOutcome) => void): void {
    let pending: PendingCommand | undefined;
    try {
      pending = this.#read(submission, done);
      this.#accept(pending, submission.deadlineMs);
    } catch (cause) {
      const error = asTbsError(cause);
      this.#service.refused++;
      if (pending === undefined) this.#service.refusedUnread(this.caller, error);
      else this.#service.ended(pending, { kind: 'refused', error });
      done({ kind: 'refused', error });
    }
  }

  cancelCommands(contextId: number): void {
    this.#service.cancel(this.#ownContext(contextId));
  }

  close(): void {
    this.#closed = true;
    for (const context of this.#own.values()) this.#service.close(context);
    this.#own.clear();
  }

  /** Checks what does not depend on the command's content. */
  #read(submission: Submission, done: (outcome: SubmissionOutcome) => void): PendingCommand {
    this.#requireOpen();
    const context = this.#ownContext(submission.contextId);
    const { version, maxCommandBytes, gate, clock } = this.#parts;
    const verdict = decodeCommandHeader(submission.command, version, maxCommandBytes);
    if (!verdict.ok) throw headerError(verdict.fault);
    this.#requireLocality(submission.locality);
    const pending: PendingCommand = {
      contextId: context.id,
      userKey: this.caller.userKey,
      priority: appliedPriority(submission.priority, this.caller.callerClass),
      isHeldToShare: !isAdministrator(this.caller),
      caller: this.caller,
      locality: submission.locality,
      command: submission.command,
      header: verdict.header,
      listsRevision: gate.listsRevision,
      submittedAtMs: clock.monotonicMs(),
      done: (outcome) => {
        context.outstanding--;
        if (!this.#closed) done(outcome);
        // Afterwards, so that the caller does not wait for the counts.
        this.#service.ended(pending, outcome);
      },
      deadline: undefined,
      state: 'waiting',
      cancelRequested: false,
      place: undefined,
      expectedMs: 0,
      responseClass: undefined,
      roundTrips: this.#service.traces.begin(this.caller),
    };
    return pending;
  }

  #accept(pending: PendingCommand, deadlineMs: number | undefined): void {
    const { gate, clock, dispatcher } = this.#parts;
    const context = this.#ownContext(pending.contextId);
    const refusal = gate.refusalAtSubmission(pending);
    if (refusal !== undefined) throw refusal;
    this.#requirePlaceInQueue(context);
    context.outstanding++;
    if (deadlineMs !== undefined) {
      pending.deadline = clock.after(deadlineMs, () => dispatcher.cancelWaiting(pending));
    }
    dispatcher.enqueue(pending);
  }

  #requireOpen(): void {
    const reason = this.#closed ? 'The connection is closed.' : this.#service.closedBecause;
    if (reason !== undefined) throw new TbsError('TBS_E_SERVICE_START_PENDING', { message: reason });
  }

  #ownContext(contextId: number): TbsContext {
    const context = this.#own.get(contextId);
    if (context === undefined) throw new TbsError('TBS_E_INVALID_CONTEXT', { details: { contextId } });
    // An administrator may have closed it from another connection.
    if (this.#parts.contexts.get(contextId) !== context) {
      this.#own.delete(contextId);
      throw new TbsError('TBS_E_INVALID_CONTEXT', {
        message: 'The context was closed by an administrator.',
        details: { contextId },
      });
    }
    return context;
  }

  #requireLocality(locality: number): void {
    const highest = isAdministrator(this.caller)
      ? Math.min(HIGHEST_CALLER_LOCALITY, this.#parts.transport.maxLocality)
      : 0;
    if (Number.isInteger(locality) && locality >= 0 && locality <= highest) return;
    throw new TbsError('TBS_E_BAD_PARAMETER', {
      message: `Locality ${locality} is not available: this caller may use 0${highest > 0 ? ` to ${highest}` : ' only'}.`,
      details: { parameter: 'locality', locality, highest },
    });
  }

  #requirePlaceInQueue(context: TbsContext): void {
    const { limits, queue } = this.#parts;
    if (context.outstanding >= limits.maxQueuedPerContext) {
      throw queueFull('limits.queuedSubmissionsPerContext', limits.maxQueuedPerContext);
    }
    if (queue.waitingOfUser(this.caller.userKey) >= limits.maxQueuedPerUser) {
      throw queueFull('limits.queuedSubmissionsPerUser', limits.maxQueuedPerUser);
    }
    if (queue.size >= sharedLimit(this.caller, limits.maxQueued))
      throw queueFull('limits.queuedSubmissions', limits.maxQueued);
  }
}

function queueFull(setting: string, limit: number): TbsError {
  return limitReached('TBS_E_TOO_MANY_RESOURCES', {
    ...{ of: 'waiting submissions', setting, limit },
    instead: 'Wait for responses before submitting more',
  });
}

function headerError(fault: HeaderFault): TbsError {
  switch (fault.kind) {
    case 'tooLarge':
      return new TbsError('TBS_E_BUFFER_TOO_LARGE', {
        message: `The command's size field says ${fault.declaredBytes} bytes; the TPM accepts at most ${fault.maxBytes}.`,
        details: { declaredBytes: fault.declaredBytes, maxBytes: fault.maxBytes },
      });
    case 'tooShort':
      return badCommand(`The command has ${fault.actualBytes} bytes, fewer than the 10 of its header.`, fault);
    case 'sizeMismatch':
      return badCommand(
        `The command's size field says ${fault.declaredBytes} bytes, and ${fault.actualBytes} were sent.`,
        fault,
      );
    case 'badTag':
      return badCommand(`The command's tag is 0x${fault.tag.toString(16)}; this TPM accepts ${fault.expected}.`, fault);
  }
}

function badCommand(message: string, fault: HeaderFault): TbsError {
  return new TbsError('TBS_E_BAD_PARAMETER', { message, details: { parameter: 'command', ...fault } });
}
