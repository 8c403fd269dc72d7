#!/bin/sh
# Installs the real programs that the tests talk to, where this is Debian (or kin) and we are root; says what is missing elsewhere.
# With a word only what that needs: `story`, `soak` or `browser`.
set -eu

part=${1:-all}
missing=""
want() { command -v "$1" >/dev/null 2>&1 || [ -x "$1" ] || missing="$missing $2"; }
case "$part" in
    story | soak | all)
        want ip iproute2
        want mount mount
        want curl curl
        want xz xz-utils
        ;;
esac
case "$part" in
    browser | all)
        want chromium chromium
        set -- /usr/lib/*/libatomic.so.1 /usr/lib*/libatomic.so.1
        [ -e "$1" ] || [ -e "$2" ] || missing="$missing libatomic1" # the browser's driver asks for it
        ;;
esac
if [ "$part" = soak ]; then
    set -- /usr/lib/*/faketime/libfaketimeMT.so.1
    [ -e "$1" ] || missing="$missing libfaketime"
fi
if [ "$part" = all ]; then
    want shellcheck shellcheck
    want nginx nginx-light
    want promtool prometheus
    want prometheus-node-exporter prometheus-node-exporter
    want openssl openssl
    want apache2 apache2
    want caddy caddy
    want /usr/sbin/php-fpm8.2 php-fpm
    want haproxy haproxy
    want redis-server redis-server
    want redis-cli redis-tools
    want memcached memcached
    want psql postgresql
    want mariadbd mariadb-server
    want rabbitmq-server rabbitmq-server
    want mosquitto mosquitto
    want mosquitto_pub mosquitto-clients
    want fail2ban-server fail2ban
    want snmpd snmpd
    want snmpget snmp
    want wg wireguard-tools
    want wireguard-go wireguard-go
    want rpm rpm
    want podman podman
    want runc runc
    want virsh libvirt-clients
    want /lib/systemd/systemd-journal-remote systemd-journal-remote
    want mdadm mdadm
    want smartctl smartmontools
    want openrc-run openrc
    want upsd nut-server
    want upsc nut-client
    want ceph ceph-common
    want ceph-mon ceph-mon
    want busybox busybox-static
    want systemd-analyze systemd
    want /lib/systemd/system/dbus.service dbus
    want visudo sudo
    want sshd openssh-server
    want ssh-keygen openssh-client
    want zsh zsh
    want fish fish
    want cc gcc
    want /usr/include/stdio.h libc6-dev
    want lintian lintian
    want debootstrap debootstrap
    want objdump binutils
fi

[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    printf 'wakeful: installing for the tests:%s\n' "$missing"
    apt-get update -qq
    # A daemon that the package would start is not wanted here: the tests start their own.
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
        chmod +x /usr/sbin/policy-rc.d
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        trap 'exit 130' INT # dash runs the line above only where the shell ends by itself
        trap 'exit 143' TERM HUP
    fi
    # shellcheck disable=SC2086 # the list is words of our own
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    printf 'wakeful: not here, their tests are skipped:%s\n' "$missing"
fi
