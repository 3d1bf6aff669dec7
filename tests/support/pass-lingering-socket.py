"""Connects to a Unix socket and passes it a TCP socket whose close waits for a minute: pass-lingering-socket.py PATH.

Prints `passed`, or `refused` if the kernel does not pass it, and stays connected until its standard input ends. The TCP
socket lingers (SO_LINGER, socket(7)): its peer never reads, so that what it has sent is never acknowledged.
"""
import array
import socket
import struct
import sys

LINGER_SECONDS = 60

with socket.socket() as listener:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    lingering = socket.socket()
    lingering.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, LINGER_SECONDS))
    lingering.connect(listener.getsockname())
    peer, _ = listener.accept()
lingering.setblocking(False)
try:
    while True:
        lingering.send(b"x" * 65536)
except BlockingIOError:
    pass

connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
try:
    rights = array.array("i", [lingering.fileno()])
    connection.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    result = "passed"
except PermissionError:
    result = "refused"
    # Remove the linger time, or closing the socket makes this process itself wait.
    lingering.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
lingering.close()
print(result, flush=True)
sys.stdin.read()
