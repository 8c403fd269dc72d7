# What both formats do around the collector's files: sourced, $1 is installed, upgraded, removing, removed or purged.
# shellcheck shell=sh
set -eu
name=wakeful-collector
user=wakeful-collector
state=/var/lib/wakeful
running() { [ -d /run/systemd/system ] && command -v systemctl >/dev/null; }
case $1 in
    installed | upgraded)
        getent passwd $user >/dev/null ||
            useradd --system --user-group --home-dir $state --no-create-home --shell /usr/sbin/nologin $user
        install -d -m 0700 -o $user -g $user $state
        if running; then
            systemctl daemon-reload
            [ "$1" = installed ] || systemctl try-restart $name.service
        fi
        if [ "$1" = installed ]; then
            echo "wakeful-collector is installed. To start it, and to sign in, as root:"
            echo "  systemctl enable --now wakeful-collector"
            echo "  su -s /bin/sh wakeful-collector -c 'wakeful-collector signin --data $state'"
        fi
        ;;
    removing)
        if running; then systemctl disable --now $name.service 2>/dev/null || :; fi
        ;;
    removed | purged)
        if running; then systemctl daemon-reload; fi
        if [ "$1" = purged ]; then
            # All that was ever measured: that is what purge means, and remove keeps it.
            rm -rf $state
            if getent passwd $user >/dev/null; then userdel $user; fi
        fi
        ;;
esac
