# License: MIT
"""A JSON-RPC client of the TpmTbs broker (docs/json-rpc.md in its documentation)."""

from __future__ import absolute_import, division, print_function

import json
import os
import socket
import struct

__metaclass__ = type

CONNECTION_OPTIONS = dict(
    socket=dict(type='path', default='/run/tpmtbs/rpc.sock'),
    timeout=dict(type='int', default=30),
)

LONGEST_REPLY = 64 * 1024 * 1024
LONGEST_HEADER = 4096


class BrokerError(Exception):
    """A refusal by the broker, or no answer from it."""

    def __init__(self, message, symbol=None, action=None):
        super(BrokerError, self).__init__(message)
        self.symbol = symbol
        self.action = action


class Broker:
    """One connection to the broker. Use it in a with statement."""

    def __init__(self, path, timeout):
        self._path = path
        self._timeout = timeout
        self._received = b''
        self._last_id = 0
        self._connection = None

    def __enter__(self):
        for path in (os.path.dirname(self._path), self._path):
            try:
                owner = os.stat(path).st_uid
            except OSError as error:
                raise not_running(self._path, error)
            self._require_trusted('%s belongs to' % path, owner)
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._connection.settimeout(self._timeout)
        try:
            self._connection.connect(self._path)
        except (OSError, socket.timeout) as error:
            raise not_running(self._path, error)
        self._require_trusted('The listener at %s runs as' % self._path, self._listener_user())
        return self

    def __exit__(self, *exception):
        self._connection.close()

    def call(self, method, **params):
        """Calls a method and returns its result. Raises BrokerError for an error and for a missing reply."""
        self._last_id += 1
        request = dict(jsonrpc='2.0', id=self._last_id, method=method)
        if params:
            request['params'] = params
        body = json.dumps(request).encode('utf-8')
        try:
            self._connection.sendall(b'Content-Length: %d\r\n\r\n' % len(body) + body)
            reply = json.loads(self._message().decode('utf-8'))
        except socket.timeout:
            raise BrokerError('The broker did not answer %s within %s seconds.' % (method, self._timeout))
        except OSError as error:
            raise BrokerError('The connection to the broker ended during %s: %s.' % (method, error))
        if 'error' in reply:
            details = reply['error'].get('data') or {}
            raise BrokerError(reply['error']['message'], details.get('symbol'), details.get('action'))
        return reply['result']

    def _message(self):
        while b'\r\n\r\n' not in self._received:
            if len(self._received) > LONGEST_HEADER:
                raise BrokerError('The broker sent a header of more than %d bytes.' % LONGEST_HEADER)
            self._receive()
        header, unused, self._received = self._received.partition(b'\r\n\r\n')
        length = content_length(header.decode('ascii'))
        while len(self._received) < length:
            self._receive()
        message, self._received = self._received[:length], self._received[length:]
        return message

    def _receive(self):
        data = self._connection.recv(65536)
        if not data:
            raise BrokerError('The broker ended the connection.')
        self._received += data

    @staticmethod
    def _require_trusted(what, user):
        """Whoever owns the socket, its folder or the listener can impersonate the broker: only root or this user may."""
        if user not in (0, os.getuid()):
            raise BrokerError('%s user %d, who is neither root nor you.' % (what, user), 'TBS_E_ACCESS_DENIED')

    def _listener_user(self):
        """The user id of the process that listens (SO_PEERCRED)."""
        ucred = struct.Struct('3i')
        return ucred.unpack(self._connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, ucred.size))[1]


def content_length(header):
    for line in header.splitlines():
        name, unused, value = line.partition(':')
        if name.strip().lower() == 'content-length' and int(value) <= LONGEST_REPLY:
            return int(value)
    raise BrokerError('The broker sent a message without a valid Content-Length.')


def not_running(path, error):
    return BrokerError(
        'No broker answers at %s: %s.' % (path, error.strerror or error),
        'TBS_E_SERVICE_NOT_RUNNING',
        'Start it: systemctl start tpmtbs.',
    )


def run_with_broker(module, work):
    """Calls work(broker) and ends the module with the result, or with the broker's error."""
    try:
        with Broker(module.params['socket'], module.params['timeout']) as broker:
            result = work(broker)
    except BrokerError as error:
        module.fail_json(
            msg=' '.join(part for part in (str(error), error.action) if part),
            symbol=error.symbol,
        )
    module.exit_json(**result)
