#!/usr/bin/python3
"""Group Policy client-side extension of Samba that hands a domain's TPM policy to the TpmTbs broker.

Samba caches the files of every GPO that ever applied and never removes them, and it keeps the order in which GPOs apply
only while it runs. This extension therefore writes, at each refresh, what applies now into one folder of its own:

    Registry.pol    the TPM values of all GPOs that apply, weakest GPO first (PReg, [MS-GPREG] 2.2.1)
    manifest.json   which GPO each value comes from, in what order and by which link, and the hash of Registry.pol

Each file replaces its predecessor in one rename, Registry.pol first. The broker believes a Registry.pol only together
with the manifest that holds its hash, so that an interrupted refresh leaves the previous policy in force.

Register it with Samba once, as root:

    /usr/bin/python3 /usr/share/tpmtbs/samba/gp_tbs_ext.py register
"""
import argparse
import fcntl
import hashlib
import json
import os
import re
import struct
import sys
import time
from datetime import datetime, timezone

import ldb
from samba import gpo as samba_gpo
from samba.auth import system_session
from samba.credentials import SMB_SIGNING_REQUIRED
from samba.dcerpc import nbt
from samba.gp.gpclass import (check_safe_path, get_dc_hostname, gp_ext, list_gp_extensions, register_gp_extension,
                              unregister_gp_extension)
from samba.net import Net
from samba.param import LoadParm
from samba.samba3 import libsmb_samba_internal as libsmb
from samba.samdb import SamDB

# Identifies this extension in Samba's gpext.conf; must never change.
EXTENSION_GUID = '{6F1D9C56-2B0E-4C6B-9E0B-6D5A3C1F7B42}'
DEFAULT_FOLDER = '/var/lib/tpmtbs-policy/samba'
FOLDER_OPTION = 'tpmtbs:policy folder'
MANIFEST_VERSION = 1

# The keys that the broker reads, below HKEY_LOCAL_MACHINE.
TPM_KEYS = ('software\\policies\\microsoft\\tpm', 'software\\microsoft\\tpm')

# A GPO's Registry.pol holds all registry policy of that GPO, the TPM's part included.
MAX_FILE_BYTES = 100 * 1024 * 1024
MAX_MERGED_BYTES = 16 * 1024 * 1024

# For another refresh that runs at the same time.
LONGEST_WAIT_SECONDS = 60

PREG_HEADER = struct.pack('<II', 0x67655250, 1)

GPO_FLAG_COMPUTER_DISABLED = 2  # [MS-GPOL] 2.2.3: flags of a GPO
LINK_DISABLED = 1  # [MS-GPOL] 2.2.2: options of a gPLink
LINK_ENFORCED = 2

REGISTRY_TYPE_NAMES = {0: 'REG_NONE', 1: 'REG_SZ', 2: 'REG_EXPAND_SZ', 3: 'REG_BINARY', 4: 'REG_DWORD',
                       5: 'REG_DWORD_BIG_ENDIAN', 7: 'REG_MULTI_SZ', 11: 'REG_QWORD'}


class DamagedFile(Exception):
    """A Registry.pol that is no PReg file, or too large."""


class Entry:
    """One value of a Registry.pol: `raw` holds its bytes as they stand in the file, brackets included."""

    def __init__(self, key, value_name, value_type, data, raw):
        self.key, self.value_name, self.type, self.data, self.raw = key, value_name, value_type, data, raw

    def concerns_tpm(self):
        """True for the TPM's keys, what is below them, and the keys above them, since **DeleteKeys can name them."""
        key = self.key.lower()
        return any(key == tpm or key.startswith(tpm + '\\') or tpm.startswith(key + '\\') for tpm in TPM_KEYS)


def parse_preg(content):
    """Returns the entries of a PReg file. Samba's own parser and packer change strings, so bytes are copied instead."""
    if content[:8] != PREG_HEADER:
        raise DamagedFile('it does not begin with "PReg" and version 1')
    entries, at = [], 8
    while at < len(content):
        start = at
        at = _expect(content, at, '[')
        key, at = _text(content, at)
        value_name, at = _text(content, at)
        value_type, at = _number(content, at)
        size, at = _number(content, at)
        if size > len(content) - at:
            raise DamagedFile('the data of the value at byte %d end after the file' % start)
        data = content[at:at + size]
        at = _expect(content, at + size, ']')
        entries.append(Entry(key, value_name, value_type, data, content[start:at]))
    return entries


def _expect(content, at, mark):
    if content[at:at + 2] != mark.encode('utf-16-le'):
        raise DamagedFile('"%s" is expected at byte %d' % (mark, at))
    return at + 2


def _text(content, at):
    end = at
    while content[end:end + 2] != b'\0\0':
        if end + 2 > len(content):
            raise DamagedFile('the text at byte %d has no end' % at)
        end += 2
    return content[at:end].decode('utf-16-le', 'surrogatepass'), _expect(content, end + 2, ';')


def _number(content, at):
    if at + 4 > len(content):
        raise DamagedFile('it ends inside the number at byte %d' % at)
    return struct.unpack_from('<I', content, at)[0], _expect(content, at + 4, ';')


class PolicyFolder:
    """The folder that the broker watches: one writer at a time, each file replaced by a rename."""

    def __init__(self, path):
        self.path = path
        os.makedirs(path, mode=0o755, exist_ok=True)
        self._refuse_others()
        # Nobody else may open the lock file: whoever can, can lock it and so stop every refresh.
        self._lock = os.open(os.path.join(path, '.lock'), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        os.fchmod(self._lock, 0o600)
        self._wait_for_lock()

    def close(self):
        os.close(self._lock)

    def _refuse_others(self):
        """Whoever can write the folder can put links into it, through which root would write elsewhere. The broker
        does not believe such a folder either."""
        status = os.stat(self.path)
        if status.st_uid != os.geteuid():
            raise OSError('%s belongs to user %d; it must belong to root (chown root)' % (self.path, status.st_uid))
        if status.st_mode & 0o022:
            raise OSError('%s can be written by others than its owner (chmod go-w)' % self.path)

    def _wait_for_lock(self):
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    self.close()
                    raise OSError('another refresh has held %s for %d seconds; the policy of the last refresh stays'
                                  % (self.path, LONGEST_WAIT_SECONDS)) from None
                time.sleep(0.1)

    def previous(self):
        """Returns the manifest and entries of the last refresh, as {GUID: [Entry]}; empty if the two files do not match."""
        try:
            with open(os.path.join(self.path, 'manifest.json'), encoding='utf-8') as file:
                manifest = json.load(file)
            with open(os.path.join(self.path, 'Registry.pol'), 'rb') as file:
                content = file.read()
            if hashlib.sha256(content).hexdigest() != manifest['registryPol']['sha256']:
                return {}
            entries, by_gpo = iter(parse_preg(content)), {}
            for gpo in manifest['gpos']:
                by_gpo[gpo['guid']] = [next(entries) for _ in range(gpo['entries'])]
            return by_gpo
        except (OSError, ValueError, KeyError, TypeError, StopIteration, DamagedFile):
            return {}

    def write(self, entries, manifest):
        content = PREG_HEADER + b''.join(entry.raw for entry in entries)
        if len(content) > MAX_MERGED_BYTES:
            raise DamagedFile('the TPM values of all GPOs are %d bytes; %d are allowed' % (len(content), MAX_MERGED_BYTES))
        registry_pol = {'file': 'Registry.pol', 'bytes': len(content), 'sha256': hashlib.sha256(content).hexdigest()}
        self._replace('Registry.pol', content)
        text = json.dumps({**manifest, 'registryPol': registry_pol}, indent=2, ensure_ascii=False) + '\n'
        self._replace('manifest.json', text.encode('utf-8'))

    def _replace(self, name, content):
        temporary = os.path.join(self.path, '.%s.new' % name)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644)
        with os.fdopen(descriptor, 'wb') as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, os.path.join(self.path, name))
        folder = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class ListedGpo:
    """A GPO that applies to this computer. Samba's own `link` of it is not read: it points to freed memory (4.17)."""

    def __init__(self, gpo):
        self.name, self.display_name = gpo.name, gpo.display_name
        self.ds_path, self.file_sys_path = gpo.ds_path, gpo.file_sys_path


class Link:
    """One enabled link of a GPO: in which site, domain or organizational unit, and whether it is enforced."""

    def __init__(self, container, guid, is_enforced):
        self.container, self.guid, self.is_enforced = container, guid, is_enforced


class LinkFinder:
    """Finds the link through which each GPO in Samba's list applies; a GPO with several links is in the list several times.

    The list has links that are not enforced first, from the farthest container to the nearest, and then the enforced
    ones from the nearest to the farthest, so that a domain's enforced link is the strongest.
    """

    def __init__(self, links):
        """`links`: those of all containers above the computer, farthest container first."""
        enforced = [link for link in links if link.is_enforced]
        self._in_order = [link for link in links if not link.is_enforced] + enforced[::-1]

    def next_link(self, guid):
        for index, link in enumerate(self._in_order):
            if link.guid == guid.lower():
                return self._in_order.pop(index)
        return None


class Directory:
    """Reads what only the directory has of a GPO: its flags, its WMI filter, and its links."""

    def __init__(self, controller, creds, lp):
        self._db = SamDB(url='ldap://' + controller, session_info=system_session(), credentials=creds, lp=lp)

    def gpo_attributes(self, dn):
        """Returns (computer settings are disabled, the WMI filter or None, version of the computer's half)."""
        found = self._db.search(dn, ldb.SCOPE_BASE, attrs=['flags', 'gPCWQLFilter', 'versionNumber'])[0]
        flags = int(str(found['flags'][0])) if 'flags' in found else 0
        wmi_filter = str(found['gPCWQLFilter'][0]).strip() if 'gPCWQLFilter' in found else ''
        version = int(str(found['versionNumber'][0])) if 'versionNumber' in found else 0
        return bool(flags & GPO_FLAG_COMPUTER_DISABLED), wmi_filter or None, version & 0xFFFF

    def links_above(self, account, site):
        """Returns the links of all containers above a computer: its site, its domain, its units from the top down."""
        base = self._db.domain_dn()
        account = ldb.binary_encode(account)
        computer = self._db.search(base, ldb.SCOPE_SUBTREE, '(sAMAccountName=%s)' % account, attrs=['dn'])[0].dn
        containers = []
        above = computer.parent()
        while above is not None and len(above) >= len(ldb.Dn(self._db, base)):
            containers.insert(0, str(above))
            above = above.parent()
        if site:
            containers.insert(0, 'CN=%s,CN=Sites,%s' % (site, self._db.get_config_basedn()))
        return [link for container in containers for link in self._links_of(container)]

    def _links_of(self, container):
        try:
            found = self._db.search(container, ldb.SCOPE_BASE, attrs=['gPLink'])
        except ldb.LdbError:
            return []
        text = str(found[0]['gPLink'][0]) if len(found) > 0 and 'gPLink' in found[0] else ''
        targets = re.findall(r'\[LDAP://[^;\]]*?(\{[0-9a-f-]{36}\})[^;\]]*;(\d+)\]', text, re.IGNORECASE)
        return [Link(container, guid.lower(), bool(int(options) & LINK_ENFORCED))
                for guid, options in targets if not int(options) & LINK_DISABLED]


class Sysvol:
    """Checks which policy files exist on the controller's share, since Samba's cache keeps files that were deleted."""

    def __init__(self, controller, creds, lp):
        signing = creds.get_smb_signing()
        creds.set_smb_signing(SMB_SIGNING_REQUIRED)
        try:
            self._share = libsmb.Conn(controller, 'sysvol', lp=lp, creds=creds)
        finally:
            creds.set_smb_signing(signing)

    def has_registry_pol(self, gpo):
        folder = check_safe_path(gpo.file_sys_path).replace('/', '\\')
        return self._has(folder, 'MACHINE') and self._has(folder + '\\MACHINE', 'Registry.pol')

    def _has(self, folder, name):
        return any(entry['name'].lower() == name.lower() for entry in self._share.list(folder))


class gp_tbs_ext(gp_ext):
    """Writes the TPM policy that applies to this computer for the broker. Samba creates one object for each refresh."""

    def __str__(self):
        return 'TpmTbs/TPM Policy'

    def process_group_policy(self, deleted_gpo_list, changed_gpo_list):
        """Called at every refresh, and by `samba-gpupdate --unapply`.

        The two lists have only the changed GPOs, without their order, and are wrong if the directory became unavailable meanwhile. So this method requests the list of GPOs itself, and changes nothing if it gets none.
        """
        folder = PolicyFolder(folder_in(self.lp))
        try:
            # `unregister` may have removed the policy while this refresh waited for the folder.
            if EXTENSION_GUID not in list_gp_extensions(self.lp.configfile):
                return
            if self._is_unapplying():
                folder.write([], manifest_of('unapplied', self.lp, self.username))
                return
            controller, gpos = self._applicable_gpos()
            entries, described = self._collect(controller, gpos, folder.previous())
            folder.write(entries, manifest_of('applied', self.lp, self.username, controller, described))
        finally:
            folder.close()

    def rsop(self, gpo):
        """Returns what `samba-gpupdate --rsop` prints for one GPO."""
        if not gpo.file_sys_path:
            return {}
        controller = get_dc_hostname(self.creds, self.lp)
        disabled, _, _ = Directory(controller, self.creds, self.lp).gpo_attributes(gpo.ds_path)
        if disabled:
            return {'TPM policy': ['the computer settings of this GPO are disabled']}
        try:
            entries = self._read_gpo(gpo)
        except (OSError, DamagedFile) as error:
            return {'TPM policy': ['cannot be read: %s' % error]}
        shown = ['%s\\%s = %s' % (entry.key, entry.value_name, _shown(entry)) for entry in entries]
        return {'TPM policy': shown} if shown else {}

    def read(self, policy):
        with open(policy, 'rb') as file:
            content = file.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise DamagedFile('it is larger than %d bytes' % MAX_FILE_BYTES)
        return parse_preg(content)

    def _site(self):
        net = Net(creds=self.creds, lp=self.lp)
        return net.finddc(domain=self.lp.get('realm'), flags=nbt.NBT_SERVER_LDAP | nbt.NBT_SERVER_DS).client_site

    def _is_unapplying(self):
        """For --unapply, Samba reports every GPO as deleted, as it also does if the directory stops answering. Only the name of the calling function distinguishes the two."""
        frame = sys._getframe()
        while frame is not None:
            if frame.f_code.co_name == 'unapply_gp':
                return True
            frame = frame.f_back
        return False

    def _applicable_gpos(self):
        controller = get_dc_hostname(self.creds, self.lp)
        session = samba_gpo.ADS_STRUCT(controller, self.lp, self.creds)
        if not session.connect():
            raise OSError('%s cannot be asked which GPOs apply; the policy of the last refresh stays' % controller)
        gpos = session.get_gpo_list(self.username.split('\\')[-1])
        # A list from the directory always contains the local policy.
        if len(gpos) == 0:
            raise OSError('%s did not say which GPOs apply; the policy of the last refresh stays' % controller)
        return controller, [ListedGpo(gpo) for gpo in gpos if gpo.file_sys_path]

    def _collect(self, controller, gpos, previous):
        directory = Directory(controller, self.creds, self.lp)
        sysvol = Sysvol(controller, self.creds, self.lp)
        links = LinkFinder(directory.links_above(self.username.split('\\')[-1], self._site()))
        entries, described = [], []
        for order, gpo in enumerate(gpos, start=1):
            disabled, wmi_filter, version = directory.gpo_attributes(gpo.ds_path)
            own, problems = [], []
            if not disabled and sysvol.has_registry_pol(gpo):
                own, problem = self._entries_of(gpo, previous)
                if problem:
                    problems.append(problem)
            if wmi_filter:
                problems.append('its WMI filter is not evaluated on Linux; the GPO applies as if it had none')
            entries.extend(own)
            link = links.next_link(gpo.name)
            described.append({
                'order': order,
                'guid': gpo.name,
                'name': gpo.display_name,
                'link': link.container if link else None,
                'enforced': link.is_enforced if link else False,
                'version': version,
                'computerSettingsDisabled': disabled,
                'wmiFilter': wmi_filter,
                'entries': len(own),
                'problems': problems,
            })
        return entries, described

    def _entries_of(self, gpo, previous):
        """Returns the values of a GPO. If its file is damaged, returns those of the last refresh, so that no block is lifted."""
        try:
            return self._read_gpo(gpo), None
        except (OSError, DamagedFile) as error:
            kept = previous.get(gpo.name, [])
            consequence = 'its values of the last refresh stay' if kept else 'it sets nothing'
            return kept, 'its Registry.pol cannot be used (%s); %s' % (error, consequence)

    def _read_gpo(self, gpo):
        path = os.path.join(gpo.file_sys_path, 'MACHINE', 'Registry.pol')
        local = os.path.join(self.lp.cache_path('gpo_cache'), check_safe_path(path).upper())
        if not os.path.exists(local):
            return []
        return [entry for entry in self.read(local) if entry.concerns_tpm()]


def folder_in(lp):
    """Returns the folder that smb.conf names, or the one that the broker watches by default."""
    return lp.get(FOLDER_OPTION) or DEFAULT_FOLDER


def manifest_of(state, lp, computer, controller=None, gpos=()):
    """`time` is that of the refresh: the broker warns if it is long ago, since the domain's changes then no longer arrive."""
    return {
        'version': MANIFEST_VERSION,
        'writtenBy': 'samba',
        'state': state,
        'domain': lp.get('realm'),
        'computer': computer,
        'controller': controller,
        'time': datetime.now(timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ'),
        'gpos': list(gpos),
    }


def _shown(entry):
    name = REGISTRY_TYPE_NAMES.get(entry.type, 'type %d' % entry.type)
    if entry.type == 4 and len(entry.data) == 4:
        return '%s %d' % (name, struct.unpack('<I', entry.data)[0])
    if entry.type in (1, 2):
        return '%s %s' % (name, entry.data.decode('utf-16-le', 'replace').rstrip('\0'))
    return '%s %s' % (name, entry.data.hex())


def load_configuration(path):
    lp = LoadParm()
    if path is None:
        lp.load_default()
    else:
        lp.load(path)
    return lp


def register(configfile):
    path = os.path.realpath(__file__)
    if not register_gp_extension(EXTENSION_GUID, 'gp_tbs_ext', path, smb_conf=configfile, machine=True, user=False):
        print('Samba did not accept the extension %s.' % path, file=sys.stderr)
        return 1
    folder = folder_in(load_configuration(configfile))
    print('Registered. The next `samba-gpupdate` writes the TPM policy into %s.' % folder)
    if folder != DEFAULT_FOLDER:
        place = {'policy': {'groupPolicy': [{'kind': 'samba', 'folder': folder}]}}
        print('The broker does not watch that folder by default: put %s into /etc/tpmtbs/tbsd.json.' % json.dumps(place))
    print('`apply group policies = yes` in smb.conf makes winbind refresh it every 90 to 120 minutes.')
    return 0


def unregister(configfile):
    """Also removes the domain's policy, since nothing would do that later."""
    lp = load_configuration(configfile)
    path = folder_in(lp)
    folder = PolicyFolder(path) if os.path.isdir(path) else None
    try:
        if folder:
            folder.write([], manifest_of('unapplied', lp, lp.get('netbios name') + '$'))
        # The folder is still locked, so a refresh that waits for it notices afterwards that the extension is
        # unregistered.
        unregister_gp_extension(EXTENSION_GUID, smb_conf=configfile)
    finally:
        if folder:
            folder.close()
    print('Unregistered. The TPM policy of the domain no longer applies to this machine.')
    return 0


def main():
    parser = argparse.ArgumentParser(description='Registers the TpmTbs extension with Samba\'s Group Policy client.')
    parser.add_argument('action', choices=['register', 'unregister'],
                        help='unregister also takes the TPM policy of the domain away from this machine')
    parser.add_argument('-s', '--configfile', help='smb.conf to use')
    arguments = parser.parse_args()
    return (register if arguments.action == 'register' else unregister)(arguments.configfile)


if __name__ == '__main__':
    sys.exit(main())
