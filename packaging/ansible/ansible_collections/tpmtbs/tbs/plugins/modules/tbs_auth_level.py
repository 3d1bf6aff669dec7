#!/usr/bin/python
# License: MIT
"""Sets how much owner authorization the TpmTbs broker stores."""

from __future__ import absolute_import, division, print_function

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tpmtbs.tbs.plugins.module_utils.broker import CONNECTION_OPTIONS, BrokerError, run_with_broker

__metaclass__ = type

DOCUMENTATION = r"""
module: tbs_auth_level
short_description: Sets the level of owner authorization that is stored
description:
  - Sets OSManagedAuthLevel of the TpmTbs broker locally, as C(Set-TpmAuthLevel) and C(tbs auth-level set) do.
  - Fails if policy sets another level. The message names the source of that policy.
  - Changing from C(full) to C(delegated) makes a new owner authorization, so that every earlier copy is void.
options:
  level:
    description: The desired level.
    type: str
    choices: [none, delegated, full, lockout_only]
    required: true
  force:
    description: >
      Whether the change from C(full) to C(delegated) may make a new owner authorization that is stored nowhere. Needed
      where backup to AD DS is off.
    type: bool
    default: false
extends_documentation_fragment: tpmtbs.tbs.connection
attributes:
  check_mode:
    description: Nothing is changed, and the change is predicted.
    support: full
  diff_mode:
    description: The level before and after.
    support: full
author: TpmTbs maintainers
"""

EXAMPLES = r"""
- name: Store the delegated authorization only
  tpmtbs.tbs.tbs_auth_level:
    level: delegated
    force: true
"""

RETURN = r"""
level:
  description: The level after the task, or the one that would result in check mode.
  returned: success
  type: str
source:
  description: Where the level before the task came from.
  returned: success
  type: str
"""

LEVELS = dict(none=0, delegated=2, full=4, lockout_only=5)


def set_level(module, broker):
    wanted = module.params['level']
    now = broker.call('authLevel/get')
    before = next(name for name, number in LEVELS.items() if number == now['level'])
    if before != wanted:
        if now['setByPolicy']:
            raise BrokerError(
                'The level is %s, set by %s.' % (before, now['source']), 'setByPolicy', 'Change it there, or leave it out here.'
            )
        if not module.check_mode:
            broker.call('authLevel/set', level=LEVELS[wanted], force=module.params['force'])
    return dict(
        changed=before != wanted,
        level=wanted,
        source=now['source'],
        diff=dict(before=dict(level=before), after=dict(level=wanted)),
    )


def main():
    module = AnsibleModule(
        argument_spec=dict(
            CONNECTION_OPTIONS,
            level=dict(type='str', choices=list(LEVELS), required=True),
            force=dict(type='bool', default=False),
        ),
        supports_check_mode=True,
    )
    run_with_broker(module, lambda broker: set_level(module, broker))


if __name__ == '__main__':
    main()
