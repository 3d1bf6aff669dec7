#!/usr/bin/python
# License: MIT
"""Sets policy settings of the TpmTbs broker."""

from __future__ import absolute_import, division, print_function

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tpmtbs.tbs.plugins.module_utils.broker import CONNECTION_OPTIONS, BrokerError, run_with_broker

__metaclass__ = type

DOCUMENTATION = r"""
module: tbs_policy
short_description: Sets policy settings of the TpmTbs broker
description:
  - Writes settings into the broker's local policy file, C(50-local.json), as C(Set-TbsPolicy) and C(tbs policy set) do.
  - Reports a change only for settings whose value in force differs from the desired one.
  - Fails if a setting is not in force afterwards because a stronger source, such as Group Policy, sets it. The message
    names that source.
options:
  settings:
    description:
      - The desired values by name, as in a file of C(policy.d). See docs/policy.md for names and values.
      - A null value removes the setting from the local policy file.
    type: dict
    required: true
extends_documentation_fragment: tpmtbs.tbs.connection
attributes:
  check_mode:
    description: Nothing is changed, and the change is predicted.
    support: full
  diff_mode:
    description: The settings before and after.
    support: full
author: TpmTbs maintainers
"""

EXAMPLES = r"""
- name: Lock a user out after three wrong passwords, and block TPM2_Hash
  tpmtbs.tbs.tbs_policy:
    settings:
      standardUserAuthorizationFailureIndividualThreshold: 3
      blockedCommandsEnabled: true
      blockedCommands: ['0x17D']

- name: Return to the default threshold
  tpmtbs.tbs.tbs_policy:
    settings:
      standardUserAuthorizationFailureIndividualThreshold: null
"""

RETURN = r"""
differences:
  description: The settings that changed, or would change in check mode.
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: The setting., type: str}
    current: {description: The value that was in force., type: raw}
    desired: {description: The desired value., type: raw}
    source: {description: Where the previous value came from., type: str}
revision:
  description: The revision of the policy in force after the task.
  returned: success
  type: int
"""

LOCAL_FILE = '50-local.json'


def set_policy(module, broker):
    wanted = module.params['settings']
    desired = dict((name, value) for name, value in wanted.items() if value is not None)
    removed = local_values(broker, [name for name, value in wanted.items() if value is None])
    plan = broker.call('policy/set', settings=desired, dryRun=True)
    differences = plan['differences'] + removed
    result = dict(
        changed=bool(differences),
        differences=differences,
        revision=plan['revision'],
        diff=dict(
            before=dict((each['name'], each['current']) for each in differences),
            after=dict((each['name'], each['desired']) for each in differences),
        ),
    )
    if differences and not module.check_mode:
        result['revision'] = broker.call('policy/set', settings=wanted)['revision']
        require_in_force(broker, desired)
    return result


def local_values(broker, names):
    """Returns, as differences, the named settings that the local policy file states."""
    if not names:
        return []
    known = dict((each['name'], each) for each in broker.call('policy/explain')['settings'])
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise BrokerError('There is no policy setting %s.' % ', '.join(unknown), 'TBS_E_BAD_PARAMETER')
    return [
        dict(name=name, current=statement['value'], desired=None, source=statement['source'])
        for name in names
        for statement in known[name]['statements']
        if os.path.basename(statement['source']) == LOCAL_FILE
    ]


def require_in_force(broker, desired):
    others = broker.call('policy/test', settings=desired)['differences']
    if others:
        raise BrokerError(
            '. '.join('%s is set by %s, which is stronger than the local policy file' % (each['name'], each['source']) for each in others)
            + '.',
            'overridden',
            'Change it there, or leave it out here.',
        )


def main():
    module = AnsibleModule(
        argument_spec=dict(CONNECTION_OPTIONS, settings=dict(type='dict', required=True)),
        supports_check_mode=True,
    )
    run_with_broker(module, lambda broker: set_policy(module, broker))


if __name__ == '__main__':
    main()
