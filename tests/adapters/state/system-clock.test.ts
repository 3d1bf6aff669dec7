import { equal, match, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { nativeAddon } from '../../../ts-core/adapters/identity/native-addon.js';
import { SystemClock } from '../../../ts-core/adapters/state/system-clock.js';

describe('system clock', () => {
  it('identifies the boot as the kernel does', () => {
    const clock = new SystemClock();
    equal(clock.bootId(), readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
    match(clock.bootId(), /^[0-9a-f-]{36}$/);
  });

  it('returns the same boot time from the kernel file as from CLOCK_BOOTTIME', () => {
    const fromFile = new SystemClock().bootTimeMs();
    const fromClock = new SystemClock({ bootTimeNs: () => nativeAddon().bootTimeNs() }).bootTimeMs();
    ok(Math.abs(fromClock - fromFile) < 1000, `${fromClock} and ${fromFile}`);
  });

  it('measures fractions of a millisecond for durations', () => {
    const clock = new SystemClock();
    const began = clock.monotonicMs();
    let now = began;
    while (now === began) now = clock.monotonicMs();
    ok(now - began < 5 && now > began);
  });

  it('calls back once after a delay, and never if cancelled', async () => {
    const clock = new SystemClock();
    const calls: string[] = [];
    clock.after(1, () => calls.push('cancelled')).cancel();
    await new Promise<void>((resolve) => {
      clock.after(2, () => {
        calls.push('kept');
        resolve();
      });
      setTimeout(() => undefined, 50);
    });
    equal(calls.join(), 'kept');
  });

  it('never calls back once it is closed', async () => {
    const clock = new SystemClock();
    const calls: string[] = [];
    clock.after(1, () => calls.push('set before'));
    clock.close();
    clock.after(1, () => calls.push('set after'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    equal(calls.join(), '');
  });

  it('does not treat a delay of 60 days as one of a millisecond', async () => {
    const timer = new SystemClock().after(60 * 86_400_000, () => {
      throw new Error('called far too early');
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    timer.cancel();
  });
});
