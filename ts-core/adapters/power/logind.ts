/**
 * Follows suspend and resume through systemd-logind: the signal PrepareForSleep of org.freedesktop.login1.Manager
 * (logind's D-Bus interface, org.freedesktop.login1(5)), and a delay lock that makes logind wait until the broker is
 * ready.
 *
 * A signal counts only if the owner of logind's bus name sent it, because any user of the bus can send one to us. If that
 * owner or the bus disappears during a sleep, nobody announces its end, so the broker resumes immediately.
 */
import dbus from 'dbus-next';
import type { Log } from '../../application/ports/logs.js';
import type { PowerListener, PowerMonitor } from '../../application/ports/operating-system.js';
import { OneAtATime } from '../../domain/one-at-a-time.js';
import { RetryDelay } from '../../domain/retry-delay.js';
import { SleepInhibitor } from './sleep-inhibitor.js';

const LOGIND = 'org.freedesktop.login1';
const LOGIND_PATH = '/org/freedesktop/login1';
const LOGIND_MANAGER = 'org.freedesktop.login1.Manager';
const BUS = 'org.freedesktop.DBus';
const BUS_PATH = '/org/freedesktop/DBus';

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
/** Limit for taking the delay lock after a sleep, while callers wait. logind answers in milliseconds unless it hangs. */
const LONGEST_LOCK_WAIT_MS = 5_000;
/** The default of systemd and libdbus when DBUS_SYSTEM_BUS_ADDRESS is not set. */
const STANDARD_ADDRESS = 'unix:path=/var/run/dbus/system_bus_socket';

export interface LogindOptions {
  /** D-Bus address of the system bus; undefined means the standard one. */
  readonly address: string | undefined;
  readonly log: Log;
  readonly longestLockWaitMs?: number;
}

export class LogindPowerMonitor implements PowerMonitor {
  readonly #inhibitor: SleepInhibitor;
  #listener: PowerListener | undefined;
  #bus: dbus.MessageBus | undefined;
  /** Unique name of the connection that owns logind's bus name; undefined while nobody owns it. */
  #logind: string | undefined;
  #retry: NodeJS.Timeout | undefined;
  readonly #retryDelay = new RetryDelay(FIRST_RETRY_MS, LONGEST_RETRY_MS);
  #toldAbsence = false;
  #closed = false;
  /** True from the announcement of a sleep to that of its end. */
  #asleep = false;
  /** Runs a resume only after the suspend before it, which may take longer than logind waits. */
  readonly #changes = new OneAtATime();
  readonly #options: LogindOptions;

  constructor(options: LogindOptions) {
    this.#options = options;
    this.#inhibitor = new SleepInhibitor(options.address, options.log);
  }

  start(listener: PowerListener): void {
    this.#listener = listener;
    this.#connect();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#inhibitor.close();
    this.#bus?.disconnect();
    this.#bus = undefined;
  }

  #connect(): void {
    const busAddress = this.#options.address ?? process.env['DBUS_SYSTEM_BUS_ADDRESS'] ?? STANDARD_ADDRESS;
    let bus: dbus.MessageBus;
    try {
      bus = dbus.sessionBus({ busAddress });
    } catch (error) {
      this.#lost(undefined, error);
      return;
    }
    this.#bus = bus;
    bus.on('error', (error: unknown) => this.#lost(bus, error));
    onStreamEnd(bus, () => this.#lost(bus, new Error('the bus closed the connection')));
    bus.on('message', (message: dbus.Message) => this.#take(bus, message));
    bus.on('connect', () => {
      this.#follow(bus).catch((error: unknown) => this.#lost(bus, error));
    });
  }

  async #follow(bus: dbus.MessageBus): Promise<void> {
    const signals = [
      `type='signal',sender='${LOGIND}',path='${LOGIND_PATH}',interface='${LOGIND_MANAGER}',member='PrepareForSleep'`,
      `type='signal',sender='${BUS}',path='${BUS_PATH}',interface='${BUS}',member='NameOwnerChanged',arg0='${LOGIND}'`,
    ];
    for (const rule of signals) await callBus(bus, 'AddMatch', rule);
    const owner = await callBus(bus, 'GetNameOwner', LOGIND).catch(() => undefined);
    this.#retryDelay.reset();
    this.#toldAbsence = false;
    await this.#logindIs(typeof owner === 'string' ? owner : undefined);
  }

  async #logindIs(owner: string | undefined): Promise<void> {
    // A reply of the bus may arrive after the close; nothing may be logged any more then.
    if (this.#closed) return;
    this.#logind = owner;
    this.#announcerIsGone();
    this.#inhibitor.release();
    if (owner === undefined) {
      this.#options.log.info({}, 'no logind on the system bus: suspend and resume are not followed');
      return;
    }
    const held = await this.#inhibitor.take();
    if (this.#closed) return;
    this.#options.log.info({ delayLock: held }, 'suspend and resume are followed through logind');
  }

  #take(bus: dbus.MessageBus, message: dbus.Message): void {
    if (bus !== this.#bus) return;
    const { member, sender, body } = message;
    if (message.interface === BUS && member === 'NameOwnerChanged' && sender === BUS && body[0] === LOGIND) {
      const owner = typeof body[2] === 'string' && body[2] !== '' ? body[2] : undefined;
      void this.#logindIs(owner);
      return;
    }
    if (message.interface !== LOGIND_MANAGER || member !== 'PrepareForSleep') return;
    if (sender === undefined || sender !== this.#logind) {
      this.#options.log.warn({ sender }, 'a PrepareForSleep that is not logind’s was ignored');
      return;
    }
    const begins = body[0] === true;
    this.#asleep = begins;
    void this.#changes.run(() => this.#prepare(begins));
  }

  #announcerIsGone(): void {
    if (!this.#asleep) return;
    this.#asleep = false;
    this.#options.log.warn(
      {},
      'logind ended during a suspend, so nobody will announce the resume: the broker resumes now',
    );
    void this.#changes.run(() => this.#wakeUp());
  }

  async #prepare(begins: boolean): Promise<void> {
    const { log } = this.#options;
    try {
      if (begins) {
        await this.#listener?.prepareForSleep();
        this.#inhibitor.release();
      } else {
        // Take the lock before the TPM is restored, so that the next sleep waits for us, unless logind hangs.
        await within(this.#options.longestLockWaitMs ?? LONGEST_LOCK_WAIT_MS, this.#inhibitor.take());
        await this.#wakeUp();
      }
    } catch (error) {
      log.error({ error }, 'preparing for a suspend failed');
      this.#inhibitor.release();
    }
  }

  async #wakeUp(): Promise<void> {
    if (this.#closed) return;
    try {
      await this.#listener?.awake();
    } catch (error) {
      this.#options.log.error({ error }, 'the resume failed');
    }
  }

  #lost(bus: dbus.MessageBus | undefined, error: unknown): void {
    if (this.#closed || bus !== this.#bus) return;
    this.#bus = undefined;
    this.#logind = undefined;
    this.#announcerIsGone();
    this.#inhibitor.release();
    if (!this.#toldAbsence) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.log.info({ reason }, 'no system bus: suspend and resume are not followed until there is one');
    }
    this.#toldAbsence = true;
    this.#retry = setTimeout(() => this.#connect(), this.#retryDelay.next());
    this.#retry.unref();
  }
}

/** Resolves when the work has ended, but after this time at the latest. */
async function within(longestMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<void>((resolve) => (timer = setTimeout(resolve, longestMs)));
  await Promise.race([work, expired]);
  clearTimeout(timer);
}

async function callBus(bus: dbus.MessageBus, member: string, argument: string): Promise<unknown> {
  const message = new dbus.Message({
    destination: BUS,
    path: BUS_PATH,
    interface: BUS,
    member,
    signature: 's',
    body: [argument],
  });
  const reply = await bus.call(message);
  return reply?.body[0];
}

/** Calls `ended` at the end of the connection, which only the inner connection object of dbus-next reports. */
function onStreamEnd(bus: dbus.MessageBus, ended: () => void): void {
  const { _connection: connection } = bus as unknown as { _connection?: NodeJS.EventEmitter };
  connection?.on('end', ended);
}
