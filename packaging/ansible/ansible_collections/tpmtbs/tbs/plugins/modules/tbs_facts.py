#!/usr/bin/python
# License: MIT
"""Reads the state of the TpmTbs broker as facts."""

from __future__ import absolute_import, division, print_function

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tpmtbs.tbs.plugins.module_utils.broker import CONNECTION_OPTIONS, run_with_broker

__metaclass__ = type

DOCUMENTATION = r"""
module: tbs_facts
short_description: Reads the state of the TpmTbs broker as facts
description:
  - Returns health and warnings, the TPM, the policy in force with its sources, the level of owner authorization, and who is
    locked out, as the fact C(tbs).
  - Never returns an authorization value.
options: {}
extends_documentation_fragment: tpmtbs.tbs.connection
attributes:
  check_mode:
    description: The module only reads.
    support: full
  diff_mode:
    description: The module only reads.
    support: none
  facts:
    description: Returns C(ansible_facts).
    support: full
author: TpmTbs maintainers
"""

EXAMPLES = r"""
- name: Read the broker's state
  tpmtbs.tbs.tbs_facts:

- name: Stop where the broker has warnings
  ansible.builtin.assert:
    that: ansible_facts.tbs.health == 'works'
    fail_msg: "{{ ansible_facts.tbs.warnings | map(attribute='message') | join(' ') }}"
"""

RETURN = r"""
ansible_facts:
  description: The facts.
  returned: success
  type: dict
  contains:
    tbs:
      description: The state of the broker.
      type: dict
      contains:
        version: {description: The broker's version., type: str}
        health: {description: 'works, degraded or down.', type: str}
        warnings: {description: 'Problems that need an administrator: id, message, action, since.', type: list}
        tpm: {description: 'The TPM: version, manufacturer, firmware, transport; null without one.', type: dict}
        ready: {description: Whether the TPM is provisioned and usable., type: bool}
        policy: {description: 'revision, settings (values by name), sources (by name) and problems.', type: dict}
        auth_level: {description: 'name, source and set_by_policy.', type: dict}
        lockout: {description: 'failures, all_locked_out and users (locked out now).', type: dict}
"""


def read_facts(broker):
    status = broker.call('status/get')
    policy = broker.call('policy/get')
    level = broker.call('authLevel/get')
    lockout = broker.call('lockout/get')
    return dict(
        version=status['version'],
        health=status['health'],
        warnings=status['warnings'],
        tpm=status['tpm'] and tpm_facts(status['tpm']),
        ready=broker.call('tpm/get')['tpmReady'] if status['tpm'] else False,
        policy=dict(
            revision=policy['revision'],
            settings=dict((each['name'], each['value']) for each in policy['settings']),
            sources=dict((each['name'], each['source']) for each in policy['settings']),
            problems=policy['problems'],
        ),
        auth_level=dict(name=level['levelName'], source=level['source'], set_by_policy=level['setByPolicy']),
        lockout=dict(
            failures=lockout['totalFailures'],
            all_locked_out=lockout['totalLockedOut'],
            users=[each['userName'] or each['userKey'] for each in lockout['users'] if each['lockedOut']],
        ),
    )


def tpm_facts(tpm):
    return dict(
        version=tpm['tpmVersion'],
        manufacturer=tpm['manufacturer'],
        firmware=tpm['firmwareVersion'],
        transport=tpm['transport'],
    )


def main():
    module = AnsibleModule(argument_spec=dict(CONNECTION_OPTIONS), supports_check_mode=True)
    run_with_broker(module, lambda broker: dict(ansible_facts=dict(tbs=read_facts(broker))))


if __name__ == '__main__':
    main()
