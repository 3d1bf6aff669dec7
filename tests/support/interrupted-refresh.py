"""Runs samba-gpupdate and sends it a signal while the TpmTbs extension works.

    interrupted-refresh.py SIGKILL 7 SAMBA-GPUPDATE ARGUMENTS…          before the seventh line that writes the delivery
    interrupted-refresh.py SIGSTOP _collect SAMBA-GPUPDATE ARGUMENTS…   when that function is called
"""
import os
import runpy
import signal
import sys

# The functions of the extension that write to the disk.
WRITING = {'write', '_replace'}

signal_name, place, *sys.argv = sys.argv[1:]
step = int(place) if place.isdigit() else None
lines = 0


def interrupt():
    os.kill(os.getpid(), signal.Signals[signal_name])


def at_line(_frame, event, _argument):
    global lines
    if event == 'line':
        lines += 1
        if lines == step:
            interrupt()
    return at_line


def at_call(frame, _event, _argument):
    code = frame.f_code
    if not code.co_filename.endswith('gp_tbs_ext.py'):
        return None
    if code.co_name == place:
        interrupt()
    return at_line if code.co_name in WRITING else None


sys.settrace(at_call)
runpy.run_path(sys.argv[0], run_name='__main__')
