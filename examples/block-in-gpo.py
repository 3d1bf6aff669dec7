#!/usr/bin/python3
"""Blocks TPM commands in a GPO from Linux, where no Group Policy editor is at hand.

    block-in-gpo.py '{GUID}' 294 -U Administrator       blocks TPM2_Clear (294 is its code in decimal)
    block-in-gpo.py '{GUID}' -U Administrator           blocks nothing any more: the policy is "Disabled"

It writes what the editor writes with the template tpmtbs.admx, and keeps every other value of the GPO. samba-tool of
Samba 4.17 sets no registry values. Needs python3-samba, and a machine of the domain.
"""
import optparse
import struct
import sys

import ldb
from samba import getopt as samba_options
from samba.auth import system_session
from samba.credentials import SMB_SIGNING_REQUIRED
from samba.gp.gpclass import get_dc_hostname
from samba.samba3 import libsmb_samba_internal as libsmb
from samba.samba3 import param as s3param
from samba.samdb import SamDB

KEY = 'Software\\Policies\\Microsoft\\TPM\\BlockedCommands'
HEADER = struct.pack('<II', 0x67655250, 1)  # PReg files: [MS-GPREG] 2.2.1
REG_SZ, REG_DWORD = 1, 4
# Tells Windows that the GPO has registry settings, made with the administrative templates.
REGISTRY_EXTENSION = '[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]'


def text(value):
    return (value + '\0').encode('utf-16-le')


def entry(key, name, value_type, data):
    mark = {character: character.encode('utf-16-le') for character in '[;]'}
    numbers = struct.pack('<I', value_type) + mark[';'] + struct.pack('<I', len(data))
    return mark['['] + mark[';'].join([text(key), text(name), numbers, data]) + mark[']']


def wanted_entries(codes):
    if not codes:
        return [entry(KEY, '**del.Enabled', REG_SZ, text(' ')), entry(KEY + '\\List', '**delvals.', REG_SZ, text(' '))]
    listed = [entry(KEY + '\\List', str(code), REG_SZ, text(str(code))) for code in codes]
    return [entry(KEY, 'Enabled', REG_DWORD, struct.pack('<I', 1))] + listed


def entries_of(content):
    """Yields (key, value name, the entry's bytes)."""
    if content[:8] != HEADER:
        raise SystemExit('The GPO\'s Registry.pol is damaged: it does not begin with "PReg" and version 1.')
    at = 8
    while at < len(content):
        start = at
        key, at = text_at(content, at + 2)
        name, at = text_at(content, at)
        size = struct.unpack_from('<I', content, at + 6)[0]
        at += 12 + size + 2
        yield key, name, content[start:at]


def text_at(content, start):
    end = start
    while content[end:end + 2] not in (b'\0\0', b''):
        end += 2
    return content[start:end].decode('utf-16-le', 'surrogatepass'), end + 4


def is_ours(key, name):
    key, name = key.lower(), name.lower()
    return key == (KEY + '\\List').lower() or (key == KEY.lower() and name in ('enabled', '**del.enabled'))


def main():
    parser = optparse.OptionParser("%prog '{GUID}' [CODE …] -U USER")
    samba = samba_options.SambaOptions(parser)
    login = samba_options.CredentialsOptions(parser)
    parser.add_option_group(samba)
    parser.add_option_group(login)
    _, arguments = parser.parse_args()
    if not arguments or not all(code.isdigit() for code in arguments[1:]):
        parser.error('name the GPO by its GUID in braces, and the commands by their codes in decimal')
    guid, codes = arguments[0], [int(code) for code in arguments[1:]]

    lp = samba.get_loadparm()
    creds = login.get_credentials(lp, fallback_machine=False)
    controller = get_dc_hostname(creds, lp)
    directory = SamDB(url='ldap://' + controller, session_info=system_session(), credentials=creds, lp=lp)
    dn = ldb.Dn(directory, 'CN=%s,CN=Policies,CN=System,%s' % (guid, directory.domain_dn()))
    gpo = directory.search(dn, ldb.SCOPE_BASE, attrs=['gPCFileSysPath', 'versionNumber', 'gPCMachineExtensionNames'])[0]
    # \\DOMAIN\sysvol\DOMAIN\Policies\{GUID}: what follows the share.
    folder = str(gpo['gPCFileSysPath'][0]).split('\\', 4)[4]

    share_lp = s3param.get_context()
    share_lp.load(lp.configfile)
    creds.set_smb_signing(SMB_SIGNING_REQUIRED)
    share = libsmb.Conn(controller, 'sysvol', lp=share_lp, creds=creds)
    machine = folder + '\\MACHINE'
    has_file = any(found['name'].lower() == 'registry.pol' for found in share.list(machine))
    content = share.loadfile(machine + '\\Registry.pol') if has_file else HEADER
    kept = [raw for key, name, raw in entries_of(content) if not is_ours(key, name)]
    share.savefile(machine + '\\Registry.pol', HEADER + b''.join(kept + wanted_entries(codes)))

    # The lower half is the version of the computer's settings; clients read the files again when it rises.
    version = int(str(gpo['versionNumber'][0])) + 1
    extensions = str(gpo['gPCMachineExtensionNames'][0]) if 'gPCMachineExtensionNames' in gpo else ''
    if REGISTRY_EXTENSION.lower() not in extensions.lower():
        extensions += REGISTRY_EXTENSION
    message = ldb.Message(dn)
    for name, value in {'versionNumber': str(version), 'gPCMachineExtensionNames': extensions}.items():
        message[name] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, name)
    directory.modify(message)
    share.savefile(folder + '\\GPT.INI', b'[General]\r\nVersion=%d\r\n' % version)
    print('GPO %s blocks %s.' % (guid, ', '.join(map(str, codes)) if codes else 'no command'))


if __name__ == '__main__':
    sys.exit(main())
