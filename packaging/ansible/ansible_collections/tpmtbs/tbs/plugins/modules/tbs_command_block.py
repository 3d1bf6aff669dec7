#!/usr/bin/python
# License: MIT
"""Adds TPM commands to the broker's local blocked list, or removes them."""

from __future__ import absolute_import, division, print_function

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tpmtbs.tbs.plugins.module_utils.broker import CONNECTION_OPTIONS, run_with_broker

__metaclass__ = type

DOCUMENTATION = r"""
module: tbs_command_block
short_description: Manages the local list of blocked TPM commands
description:
  - Adds commands to the local blocked list of the TpmTbs broker, or removes them, as C(Add-TbsCommandBlock) and
    C(Remove-TbsCommandBlock) do.
  - The lists of policy and the shipped lists are not changed. Use M(tpmtbs.tbs.tbs_policy) for C(blockedCommands).
options:
  commands:
    description: The commands, by name (C(TPM2_Hash)) or code (C(0x17D)).
    type: list
    elements: str
    required: true
  state:
    description: Whether the commands are on the list.
    type: str
    choices: [present, absent]
    default: present
  tpm_version:
    description: The TPM version whose list is meant. By default, the version of the machine's TPM.
    type: str
    choices: ['1.2', '2.0']
extends_documentation_fragment: tpmtbs.tbs.connection
attributes:
  check_mode:
    description: Nothing is changed, and the change is predicted.
    support: full
  diff_mode:
    description: The commands among those named that are on the list, before and after.
    support: full
author: TpmTbs maintainers
"""

EXAMPLES = r"""
- name: Block hashing in the TPM
  tpmtbs.tbs.tbs_command_block:
    commands: [TPM2_Hash, TPM2_HashSequenceStart]

- name: Unblock it again
  tpmtbs.tbs.tbs_command_block:
    commands: [TPM2_Hash, TPM2_HashSequenceStart]
    state: absent
"""

RETURN = r"""
commands:
  description: The commands that were added or removed, or would be in check mode.
  returned: success
  type: list
  elements: str
"""


def change_list(module, broker):
    version = dict(tpmVersion=module.params['tpm_version']) if module.params['tpm_version'] else {}
    commands = module.params['commands']
    is_wanted = module.params['state'] == 'present'
    named = [broker.call('commandBlock/list', command=each, **version)['commands'][0] for each in commands]
    before = sorted(label(each) for each in named if is_on_local_list(each))
    after = sorted(set(label(each) for each in named)) if is_wanted else []
    changing = sorted(set(before) ^ set(after))
    if changing and not module.check_mode:
        method = 'commandBlock/add' if is_wanted else 'commandBlock/remove'
        broker.call(method, commands=commands, **version)
    return dict(
        changed=bool(changing),
        commands=changing,
        diff=dict(before=dict(blocked=before), after=dict(blocked=after)),
    )


def is_on_local_list(command):
    return any(
        statement['list'] == 'local' and statement['effect'] == 'blocks'
        for verdict in command['verdicts']
        for statement in verdict['statements']
    )


def label(command):
    return command['name'] or '0x%X' % command['code']


def main():
    module = AnsibleModule(
        argument_spec=dict(
            CONNECTION_OPTIONS,
            commands=dict(type='list', elements='str', required=True),
            state=dict(type='str', choices=['present', 'absent'], default='present'),
            tpm_version=dict(type='str', choices=['1.2', '2.0']),
        ),
        supports_check_mode=True,
    )
    run_with_broker(module, lambda broker: change_list(module, broker))


if __name__ == '__main__':
    main()
