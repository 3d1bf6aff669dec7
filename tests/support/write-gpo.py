"""Writes a GPO's Registry.pol into sysvol over SMB and raises its version, as the Group Policy editor does.

    write-gpo.py SMB.CONF DC DOMAIN USER%PASSWORD {GUID} FILE        Registry.pol of the computer's half
    write-gpo.py SMB.CONF DC DOMAIN USER%PASSWORD {GUID} attribute NAME VALUE    an attribute of the GPO in the directory
    write-gpo.py SMB.CONF DC DOMAIN USER%PASSWORD DN reverse-links   the links of a container, in the reverse order
"""
import re
import sys

import ldb
from samba.auth import system_session
from samba.credentials import SMB_SIGNING_REQUIRED, Credentials
from samba.param import LoadParm
from samba.samba3 import libsmb_samba_internal as libsmb
from samba.samba3 import param as s3param
from samba.samdb import SamDB

REGISTRY_EXTENSION = '[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{D02B1F72-3407-48AE-BA88-E8213C6761F1}]'

configuration, controller, domain, account, target, *rest = sys.argv[1:]
lp = LoadParm(configuration)
creds = Credentials()
creds.guess(lp)
creds.parse_string(account)
directory = SamDB(url='ldap://' + controller, session_info=system_session(), credentials=creds, lp=lp)
is_gpo = target.startswith('{')
dn = ldb.Dn(directory, 'CN=%s,CN=Policies,CN=System,%s' % (target, directory.domain_dn()) if is_gpo else target)


def replace(**attributes):
    message = ldb.Message(dn)
    for name, value in attributes.items():
        message[name] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, name)
    directory.modify(message)


if rest[0] == 'attribute':
    replace(**{rest[1]: rest[2]})
elif rest[0] == 'reverse-links':
    links = re.findall(r'\[[^\]]*\]', str(directory.search(dn, ldb.SCOPE_BASE, attrs=['gPLink'])[0]['gPLink'][0]))
    replace(gPLink=''.join(reversed(links)))
else:
    share_lp = s3param.get_context()
    share_lp.load(configuration)
    creds.set_smb_signing(SMB_SIGNING_REQUIRED)
    share = libsmb.Conn(controller, 'sysvol', lp=share_lp, creds=creds)
    folder = '%s\\Policies\\%s' % (domain, target)
    with open(rest[0], 'rb') as file:
        share.savefile(folder + '\\MACHINE\\Registry.pol', file.read())
    version = int(str(directory.search(dn, ldb.SCOPE_BASE, attrs=['versionNumber'])[0]['versionNumber'])) + 1
    replace(versionNumber=str(version), gPCMachineExtensionNames=REGISTRY_EXTENSION)
    share.savefile(folder + '\\GPT.INI', b'[General]\r\nVersion=%d\r\n' % version)
