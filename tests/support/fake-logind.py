"""Imitates logind's suspend and resume on the system bus of DBUS_SYSTEM_BUS_ADDRESS.

Reads `sleep` and `wake` lines. `sleep` sends PrepareForSleep(true), waits until every delay lock is released or the
longest delay is over, and prints `asleep MILLISECONDS LOCKS_STILL_HELD`. Prints `lock WHO` for each lock taken.
"""

import os
import sys
import time

import dbus
import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

LONGEST_DELAY_MS = 5000


def say(*words):
    print(*words, flush=True)


class Manager(dbus.service.Object):
    def __init__(self, bus):
        super().__init__(bus, "/org/freedesktop/login1")
        self.locks = []
        self.asked_at = None

    @dbus.service.method("org.freedesktop.login1.Manager", in_signature="ssss", out_signature="h")
    def Inhibit(self, what, who, why, mode):
        ours, theirs = os.pipe()
        self.locks.append(ours)
        GLib.io_add_watch(ours, GLib.IO_HUP, self.given_back)
        say("lock", what, mode, who)
        passed = dbus.types.UnixFd(theirs)
        os.close(theirs)
        return passed

    @dbus.service.signal("org.freedesktop.login1.Manager", signature="b")
    def PrepareForSleep(self, begins):
        pass

    def given_back(self, lock, condition):
        self.locks.remove(lock)
        os.close(lock)
        if self.asked_at is not None and not self.locks:
            self.asleep()
        return False

    def asleep(self):
        say("asleep", round((time.monotonic() - self.asked_at) * 1000), len(self.locks))
        self.asked_at = None

    def too_late(self, asked_at):
        if self.asked_at == asked_at:
            self.asleep()
        return False

    def command(self, channel, condition):
        line = channel.readline().strip()
        if line == "sleep":
            self.asked_at = time.monotonic()
            self.PrepareForSleep(True)
            GLib.timeout_add(LONGEST_DELAY_MS, self.too_late, self.asked_at)
            if not self.locks:
                self.asleep()
        elif line == "wake":
            self.PrepareForSleep(False)
            say("awake")
        else:
            loop.quit()
        return True


DBusGMainLoop(set_as_default=True)
bus = dbus.SystemBus()
name = dbus.service.BusName("org.freedesktop.login1", bus)
manager = Manager(bus)
loop = GLib.MainLoop()
GLib.io_add_watch(GLib.IOChannel.unix_new(0), GLib.IO_IN | GLib.IO_HUP, manager.command)
say("ready")
loop.run()
