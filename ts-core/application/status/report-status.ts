/** Implements Get-TbsStatus and Get-TbsDeviceInfo. */
import type { CommandCost } from '../../domain/scheduling/command-costs.js';
import type { CommandQueue } from '../../domain/scheduling/command-queue.js';
import {
  type DeviceFacts,
  type DictionaryAttackState,
  readDictionaryAttackState,
} from '../../domain/tpm/device-facts.js';
import type { CommandService } from '../commands/command-service.js';
import type { Dispatcher } from '../commands/dispatcher.js';
import type { PendingCommand } from '../commands/pending-command.js';
import type { Contexts } from '../contexts/contexts.js';
import type { ManageEventActions } from '../event-actions/manage-event-actions.js';
import type { Events } from '../events/events.js';
import type { Log } from '../ports/logs.js';
import type { Clock, OtherResourceManager } from '../ports/operating-system.js';
import type { PolicyStore } from '../ports/policy-store.js';
import type { PassedOverTpm, TpmTransport } from '../ports/tpm-transport.js';
import type { ManagePower } from '../power/manage-power.js';
import type { ReplacedTpm } from '../state/tpm-bound-state.js';
import { type Health, HealthRecord } from './health.js';
import type { TpmPresence } from './tpm-presence.js';
import { warningsFrom } from './warnings.js';

export interface StatusParts {
  readonly facts: DeviceFacts;
  readonly transport: TpmTransport;
  /** Transports that were tried without success before the one in use. */
  readonly passedOver: readonly PassedOverTpm[];
  /** Undefined unless this run of the broker found another TPM than the one before. */
  readonly replacedTpm: ReplacedTpm | undefined;
  readonly otherManager: OtherResourceManager;
  readonly presence: TpmPresence;
  readonly contexts: Contexts;
  readonly queue: CommandQueue<PendingCommand>;
  readonly dispatcher: Dispatcher;
  readonly commands: CommandService;
  readonly power: ManagePower;
  readonly policy: PolicyStore;
  readonly events: Events;
  readonly eventActions: Pick<ManageEventActions, 'disabled'>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface QueueState {
  readonly waiting: number;
  readonly inFlight: boolean;
  readonly completed: number;
  readonly refused: number;
  readonly cancelled: number;
  readonly estimatedWaitMs: number;
}

export interface StandIn {
  readonly kind: 'softwareTpm' | 'otherDevice';
  /** The failed transports. Empty if the configuration itself names the stand-in. */
  readonly passedOver: readonly PassedOverTpm[];
}

export interface StatusReport {
  readonly startedAtMs: number;
  readonly state: 'running' | 'suspended';
  readonly health: Health;
  /** The TPM's own dictionary-attack state; undefined if unknown. */
  readonly tpmLockout: DictionaryAttackState | undefined;
  readonly contexts: number;
  readonly queue: QueueState;
  readonly costs: readonly CommandCost[];
}

/**
 * How long a report waits for the TPM, which may be busy for minutes. After that, the report shows the TPM's last
 * answer.
 */
const LONGEST_WAIT_FOR_TPM_MS = 100;

export class ReportStatus {
  readonly #startedAtMs: number;
  readonly #healthRecord: HealthRecord;
  #lastDictionaryAttack: DictionaryAttackState | undefined;
  #asking: Promise<void> | undefined;
  readonly #parts: StatusParts;

  constructor(parts: StatusParts) {
    this.#parts = parts;
    this.#startedAtMs = parts.clock.wallClockMs();
    this.#healthRecord = new HealthRecord(this.#startedAtMs);
  }

  get device(): DeviceFacts {
    return this.#parts.facts;
  }

  get transportDescription(): string {
    return this.#parts.transport.description;
  }

  /** The TPM that stands in for the machine's own; undefined while that one is used. */
  get standIn(): StandIn | undefined {
    const { transport, passedOver } = this.#parts;
    if (!transport.isSoftwareTpm && passedOver.length === 0) return undefined;
    return { kind: transport.isSoftwareTpm ? 'softwareTpm' : 'otherDevice', passedOver };
  }

  get cancellation(): TpmTransport['cancellation'] {
    return this.#parts.transport.cancellation;
  }

  async get(): Promise<StatusReport> {
    const { contexts, queue, dispatcher, commands, power } = this.#parts;
    const health = await this.health();
    return {
      startedAtMs: this.#startedAtMs,
      state: power.suspended ? 'suspended' : 'running',
      health,
      tpmLockout: this.#lastDictionaryAttack,
      contexts: contexts.size,
      queue: {
        waiting: queue.size,
        inFlight: dispatcher.inFlight,
        ...dispatcher.totals,
        refused: dispatcher.totals.refused + commands.refused,
        estimatedWaitMs: dispatcher.estimatedWaitMs(),
      },
      costs: dispatcher.costs.table(),
    };
  }

  /** Checks transport and TPM again, so that a problem that is fixed disappears from the warnings. */
  async health(): Promise<Health> {
    const { transport, passedOver, replacedTpm, otherManager, presence, policy, events, eventActions, clock } =
      this.#parts;
    const found = warningsFrom({
      transport: transport.description,
      passedOver,
      replacedTpm,
      abrmd: transport.isSoftwareTpm ? undefined : await otherManager.look(),
      exposure: await transport.exposure(),
      dictionaryAttack: await this.dictionaryAttack(),
      policy: policy.current(),
      lostAuditLines: events.lostAuditLines,
      disabledActions: eventActions.disabled(),
    });
    return this.#healthRecord.note(found, presence.lost, clock.wallClockMs());
  }

  /**
   * Returns the last known state; undefined for a TPM 1.2, and until the TPM has answered once. Does not wait for a TPM
   * that is busy or suspended.
   */
  async dictionaryAttack(): Promise<DictionaryAttackState | undefined> {
    const { facts, power, presence, clock } = this.#parts;
    if (facts.version !== '2.0' || power.suspended || presence.lost !== undefined) return this.#lastDictionaryAttack;
    this.#asking ??= this.#askDictionaryAttack().finally(() => {
      this.#asking = undefined;
    });
    const asking = this.#asking;
    await new Promise<void>((resolve) => {
      const timer = clock.after(LONGEST_WAIT_FOR_TPM_MS, resolve);
      void asking.then(() => {
        timer.cancel();
        resolve();
      });
    });
    return this.#lastDictionaryAttack;
  }

  async #askDictionaryAttack(): Promise<void> {
    const { dispatcher, log } = this.#parts;
    try {
      this.#lastDictionaryAttack = await dispatcher.runExchange(() => readDictionaryAttackState(), {
        yieldsToCommands: true,
      });
    } catch (error) {
      log.warn({ error }, 'cannot read the TPM’s dictionary-attack state');
    }
  }
}
