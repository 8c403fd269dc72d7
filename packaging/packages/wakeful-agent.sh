# What both formats do around the agent's files: sourced, $1 is installed, upgraded, removing, removed or purged.
# shellcheck shell=sh
set -eu
name=wakeful-agent
user=wakeful
state=/var/lib/wakeful-agent
running() { [ -d /run/systemd/system ] && command -v systemctl >/dev/null; }
unit=/usr/lib/systemd/system/$name.service
# The rpm holds two units; which one fits is known here only.
place_unit() {
    [ -d /usr/share/$name ] || return 0
    fitting=$name.service
    version=$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
    [ "${version:-999}" -ge 235 ] || fitting=$name-219.service
    mkdir -p "${unit%/*}"
    cp "/usr/share/$name/$fitting" "$unit"
}
case $1 in
    installed | upgraded)
        getent passwd $user >/dev/null ||
            useradd --system --user-group --home-dir $state --no-create-home --shell /usr/sbin/nologin $user
        install -d -m 0751 -o root -g $user /etc/wakeful
        [ ! -f /etc/wakeful/agent.toml ] || chmod o-rwx /etc/wakeful/agent.toml # it may hold the password of a proxy
        install -d -m 0700 -o $user -g $user $state
        place_unit
        if running; then
            systemctl daemon-reload
            [ "$1" = installed ] || systemctl try-restart $name.service
        fi
        if [ "$1" = installed ] && [ ! -e /etc/wakeful/TOKEN ]; then
            echo "wakeful-agent is installed. To let it join a collector, as root:"
            echo "  wakeful-agent enroll URL --invite INVITE && systemctl enable --now wakeful-agent"
        fi
        ;;
    removing)
        if running; then systemctl disable --now $name.service 2>/dev/null || :; fi
        ;;
    removed | purged)
        rm -f "$unit"
        if running; then systemctl daemon-reload; fi
        if [ "$1" = purged ]; then
            # agent.toml is root's and said what may be done here: with purge it goes as every setting does.
            rm -rf $state /etc/wakeful/agent.toml /etc/wakeful/TOKEN /etc/wakeful/agent.key /etc/wakeful/identity.json
            if [ -d /etc/wakeful ]; then rmdir --ignore-fail-on-non-empty /etc/wakeful; fi
            if getent passwd $user >/dev/null; then userdel $user; fi
        fi
        ;;
esac
