#!/bin/sh
# Puts what runs a bundle as a service into it: packaging/service-files.sh BUNDLE fills BUNDLE/share.
# The units and scripts are those of systemd/, openrc/ and agent/scripts/; here they start the launcher of /opt.
set -eu
if [ $# != 1 ] || [ ! -d "$1" ]; then
    echo "usage: packaging/service-files.sh BUNDLE (a folder)" >&2
    exit 2
fi
share=$(cd "$1" && pwd)/share
cd "$(dirname "$0")/.."
rm -rf "$share"
umask 022
mkdir -p "$share/systemd/219" "$share/systemd/drop-ins" "$share/openrc/init.d" "$share/openrc/conf.d" "$share/scripts"

launcher=/opt/wakeful-agent/launch
# with_launcher UNIT MARK: ExecStart leads to the launcher, and before it root takes back a release that failed.
with_launcher() {
    sed -e "s#^ExecStart=/usr/bin/wakeful-agent #ExecStartPre=$2$launcher --settle\n&#" \
        -e "s#/usr/bin/wakeful-agent#$launcher#" \
        -e 's#^\# Wakeful.s agent\. Installed by hand: docs/services\.md\.#\# Wakeful'\''s agent. Installed by install.sh.#' "$1"
}
with_launcher systemd/wakeful-agent.service +- >"$share/systemd/wakeful-agent.service"
with_launcher systemd/219/wakeful-agent.service - >"$share/systemd/219/wakeful-agent.service"
cp systemd/wakeful-agent.tmpfiles.conf systemd/wakeful-agent-update.service systemd/wakeful-agent-update.timer \
    "$share/systemd/"
cp systemd/drop-ins/*.conf "$share/systemd/drop-ins/"
cp openrc/init.d/wakeful-agent "$share/openrc/init.d/"
sed "s#^\#command=.*#command=\"$launcher\"#" openrc/conf.d/wakeful-agent >"$share/openrc/conf.d/wakeful-agent"
cp agent/scripts/*.sh "$share/scripts/"
cp packaging/launch.sh "$share/launch"
chmod 755 "$share/launch" "$share/openrc/init.d/wakeful-agent" "$share"/scripts/*.sh
chmod 644 "$share"/systemd/*.* "$share"/systemd/*/*.* "$share"/openrc/conf.d/*
# What other units name must have been found: a changed unit would else start a program that is not there.
for unit in "$share/systemd/wakeful-agent.service" "$share/systemd/219/wakeful-agent.service"; do
    [ "$(grep -c "$launcher" "$unit")" = 2 ] || { echo "service-files.sh: $unit does not start $launcher" >&2; exit 1; }
done
