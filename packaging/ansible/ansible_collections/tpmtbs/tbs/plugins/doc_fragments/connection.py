# License: MIT
"""The options that every module of the collection has."""


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  socket:
    description: The broker's JSON-RPC socket on the machine.
    type: path
    default: /run/tpmtbs/rpc.sock
  timeout:
    description: Seconds to wait for each reply of the broker.
    type: int
    default: 30
requirements:
  - Python 3.6 or later on the machine
  - A running TpmTbs broker on the machine
"""
