#!/bin/bash
# The init process of a test machine. Runs in new mount, network, PID and UTS namespaces on a copy-on-write view of this
# machine's disk, with its own /run, /etc/tpmtbs and /var/lib/tpmtbs, and ends, with everything in it, when its standard
# input ends. (bash, since an init process must reap what its services leave behind.)
#   machine.sh FOLDER NAME        FOLDER holds disk/, run/, host_key, authorized_keys, sshd_config and init.d
set -eu
folder=$1 name=$2 stage=${3:-outside}

if [ "$stage" = outside ]; then
    mount --make-rprivate /
    mount -t tmpfs -o mode=0755 tmpfs "$folder/disk"
    mkdir "$folder/disk/upper" "$folder/disk/work" "$folder/disk/root"
    root=$folder/disk/root
    mount -t overlay -o "lowerdir=/,upperdir=$folder/disk/upper,workdir=$folder/disk/work" overlay "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    # This folder is visible from outside, so that tests reach the broker's sockets.
    mount --bind "$folder/run" "$root/run"
    # What lies on another file system is not part of the view.
    for place in "$folder" "$TPMTBS_REPOSITORY"; do
        mkdir -p "$root$place"
        mount --bind "$place" "$root$place"
    done
    hostname "$name"
    exec chroot "$root" /bin/bash "$0" "$folder" "$name" inside
fi

# Without systemd, like the test that runs here; Ansible looks at this link.
rm -f /sbin/init
rm -rf /etc/tpmtbs /var/lib/tpmtbs /var/log/tpmtbs
install -m 0755 "$folder/init.d" /etc/init.d/tpmtbs
install -d -m 0700 /root/.ssh
install -m 0600 "$folder/authorized_keys" /root/.ssh/authorized_keys
install -m 0600 "$folder/host_key" /etc/ssh/fleet_host_key
install -d -m 0755 /run/sshd
. "$folder/at-start"
ip link set lo up
/usr/sbin/sshd -f "$folder/sshd_config" -D -E "$folder/sshd.log" &
echo ready
exec 3<&0
while read -r -u 3 unused; do :; done
