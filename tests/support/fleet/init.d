#!/bin/sh
### BEGIN INIT INFO
# Provides:          tpmtbs
# Required-Start:    $local_fs
# Required-Stop:     $local_fs
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: TPM Base Services broker
### END INIT INFO
# The service of a test machine, which has no systemd.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
pid=/run/tpmtbs.pid

start() {
    start-stop-daemon --start --oknodo --background --make-pidfile --pidfile $pid --startas "$(command -v tbsd)"
}
stop() {
    start-stop-daemon --stop --oknodo --retry TERM/30/KILL/5 --pidfile $pid --remove-pidfile
}

case "$1" in
start) start ;;
stop) stop ;;
restart | force-reload) stop && start ;;
status) start-stop-daemon --status --pidfile $pid ;;
*) echo "usage: $0 start|stop|restart|status" >&2; exit 2 ;;
esac
