#!/bin/sh
# Installs Wakeful's agent on this machine, from the collector that serves this script or from a folder.
#
#   curl -fsSL URL/install.sh | sudo sh -s -- --invite wk_inv_... --key KEY
#   curl -fsSL URL/install.sh | sh -s -- --user --invite wk_inv_... --key KEY     without root, in your own account
#
#   --invite INVITE        enrols this machine (--invite-file FILE reads it from a file); not needed where it is enrolled
#   --key KEY              the release key: 44 characters that the signature of the release is held to
#   --sha256 HEX           the checksum of SHA256SUMS, or of the tarball; enough where this machine cannot check signatures
#   --fingerprint SHA256   the collector's certificate, where nobody else vouches for it
#   --user                 for this account alone, without root
#   --url URL              the collector; the one that served this script if not given
#   --from URL|FOLDER      where the release is, if not at the collector
#   --name NAME            the name to show up with; the host name if not given
#   --grant LIST           lets the agent read more as root, by exact lines of sudo: smart,raid,fail2ban
#   --update WHEN          later releases: never (as it is), ask, auto; written into agent.toml where there is none
#   --downgrade            takes a release that is older than the installed one
#   --wait SECONDS         how long the first push may take, 60 if not given
#   --no-start             installs and enrols, and starts nothing
#   --dry-run              says what would be done, and does nothing
#   --uninstall            stops the agent and removes all of it; --keep leaves its settings, token and spool
#
# Run again it upgrades in place: token, spool and settings stay; a release whose push is not accepted in time is taken
# back. Exit codes: 0 done, 1 it did not work (and what is said to run, runs), 2 usage, 3 not for this machine.
set -eu

served_by='' # the collector writes its address here when it serves this script
seconds=60
invite='' invite_file='' key='' sha256='' fingerprint='' url='' from='' name='' grant='' update=''
user='' downgrade='' no_start='' dry_run='' uninstall='' keep=''
work='' staged='' swapped='' before='' locked=''

say() { printf 'wakeful: %s\n' "$*"; }
warn() { printf 'wakeful: %s\n' "$*" >&2; }
fail() {
    code=$1
    shift
    warn "$*"
    exit "$code"
}
have() { command -v "$1" >/dev/null 2>&1; }

# act WORDS...: do it, or say it in a dry run.
act() {
    if [ -n "$dry_run" ]; then
        printf 'would run: %s\n' "$*"
    else
        "$@" </dev/null
    fi
}

# ---------------------------------------------------------------- what is wanted
read_arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
        --invite | --invite-file | --key | --sha256 | --fingerprint | --url | --from | --name | --grant | --update | --wait)
            [ $# -gt 1 ] || fail 2 "$1 needs a value"
            take "$1" "$2"
            shift
            ;;
        --user) user=1 ;;
        --downgrade) downgrade=1 ;;
        --no-start) no_start=1 ;;
        --dry-run) dry_run=1 ;;
        --uninstall) uninstall=1 ;;
        --keep) keep=1 ;;
        -h | --help) usage ;;
        *) fail 2 "does not understand $1; see --help" ;;
        esac
        shift
    done
    [ -n "$url" ] || url=$served_by
    url=${url%/}
    [ -n "$from" ] || [ -z "$url" ] || from=$url/releases
    from=${from%/}
    # Whoever called this may stand in a folder that is gone, or that others may not enter.
    [ ! -d "$from" ] || from=$(cd "$from" && pwd)
    case $invite_file in '' | /*) ;; *) invite_file=$(pwd)/$invite_file ;; esac
    cd /
}

take() {
    case $1 in
    --invite) invite=$2 ;;
    --invite-file) invite_file=$2 ;;
    --key) key=$2 ;;
    --sha256) sha256=$2 ;;
    --fingerprint) fingerprint=$2 ;;
    --url) url=$2 ;;
    --from) from=$2 ;;
    --name) name=$2 ;;
    --grant) grant=$2 ;;
    --update) update=$2 ;;
    --wait) seconds=$2 ;;
    esac
}

usage() {
    if [ -r "$0" ] && grep -q '^served_by=' "$0" 2>/dev/null; then
        sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
    else
        echo "see docs/installing.md, or save this script and run: sh install.sh --help"
    fi
    exit 0
}

is_hex() { [ ${#1} = 64 ] && case $1 in *[!0-9a-f]*) return 1 ;; esac }

check_arguments() {
    case $seconds in '' | *[!0-9]* | ?????*) fail 2 "--wait takes a number of seconds, not $seconds" ;; esac
    case $update in '' | never | ask | auto) ;; *) fail 2 "--update takes never, ask or auto, not $update" ;; esac
    case $invite in '' | wk_inv_*) ;; *) fail 2 "an invite starts with wk_inv_; the collector's page Add a machine makes one" ;; esac
    case $url in '' | http://?* | https://?*) ;; *) fail 2 "--url takes http://... or https://..., not $url" ;; esac
    case $key in *[!A-Za-z0-9+/=]*) fail 2 "--key takes 44 characters of base64" ;; esac
    [ -z "$key" ] || [ ${#key} = 44 ] || fail 2 "--key takes 44 characters of base64, this has ${#key}"
    sha256=$(printf '%s' "${sha256#sha256:}" | tr 'A-F' 'a-f')
    [ -z "$sha256" ] || is_hex "$sha256" || fail 2 "--sha256 takes 64 hex digits"
    for one in $(printf '%s' "$grant" | tr ',' ' '); do
        case $one in smart | raid | fail2ban) ;; *) fail 2 "--grant takes smart, raid and fail2ban, not $one" ;; esac
    done
    [ -z "$grant" ] || [ -z "$user" ] || fail 2 "--grant is root's: it cannot go with --user"
    [ -z "$keep" ] || [ -n "$uninstall" ] || fail 2 "--keep belongs to --uninstall"
    [ -z "$invite_file" ] || [ -r "$invite_file" ] || fail 2 "$invite_file cannot be read"
}

# ---------------------------------------------------------------- where things are
find_places() {
    if [ -n "$user" ]; then
        [ "$(id -u)" != 0 ] || fail 2 "--user is for an account without root: run it as that user, without sudo"
        if [ -z "${HOME:-}" ] || [ ! -d "$HOME" ]; then fail 3 "this account has no home folder"; fi
        home=$HOME/.local/opt/wakeful-agent
        link=$HOME/.local/bin/wakeful-agent
        config=${CONFIG_DIR:-${XDG_CONFIG_HOME:-$HOME/.config}/wakeful}
        state=${STATE_DIR:-${XDG_STATE_HOME:-$HOME/.local/state}/wakeful-agent}
        manager=scripts
    else
        [ "$(id -u)" = 0 ] || fail 2 "this needs root: put sudo before sh, or give --user to install for this account alone"
        home=/opt/wakeful-agent
        link=/usr/local/bin/wakeful-agent
        config=/etc/wakeful
        state=/var/lib/wakeful-agent
        find_manager
    fi
    logs=/var/log/wakeful-agent
    made=$home/made
}

find_manager() {
    if [ -d /run/systemd/system ] && have systemctl; then
        manager=systemd
    elif have rc-service && have openrc-run && [ -d /run/openrc ]; then
        manager=openrc
    elif [ -n "$no_start" ] || [ -n "$uninstall" ]; then
        manager=none
    else
        fail 3 "neither systemd nor OpenRC runs here. Give --user to install for one account, or --no-start and start" \
            "'/opt/wakeful-agent/launch run' by what this machine has"
    fi
}

check_machine() {
    [ "$(uname -s)" = Linux ] || fail 3 "this is $(uname -s); the agent runs on Linux"
    case $(uname -m) in
    x86_64 | amd64) arch=x86_64 ;;
    aarch64 | arm64) arch=aarch64 ;;
    *) fail 3 "there is no release for $(uname -m), only for x86_64 and aarch64. Elsewhere: pip install wakeful-agent" ;;
    esac
    libc=''
    if have getconf; then libc=$(getconf GNU_LIBC_VERSION 2>/dev/null || :); fi
    case $libc in
    'glibc '*)
        minor=${libc#glibc 2.}
        minor=${minor%%[!0-9]*}
        case $libc in 'glibc 2.'*) [ "${minor:-0}" -ge 17 ] || fail 3 "this machine has $libc; the agent needs 2.17 or newer" ;; esac
        ;;
    *)
        for loader in /lib/ld-musl-*; do
            [ ! -e "$loader" ] || fail 3 "this machine has musl, not glibc. There: pip install wakeful-agent, and docs/services.md"
        done
        ;;
    esac
    have curl || have wget || [ -d "$from" ] || fail 3 "neither curl nor wget is here: install one, or give --from FOLDER"
    [ -z "$grant" ] || have visudo || fail 3 "--grant needs sudo, which is not here"
    have sha256sum || have openssl || fail 3 "neither sha256sum nor openssl is here: install coreutils"
}

# make_folder PATH MODE: with its parents; what was not there before is noted, so that it can be taken away again.
make_folder() {
    [ ! -d "$1" ] || return 0
    if [ -n "$dry_run" ]; then
        printf 'would make: %s\n' "$1"
        return 0
    fi
    make_folder "$(dirname "$1")" 755 || return 1
    mkdir "$1" || return 1
    chmod "$2" "$1"
    pending="${pending:-}folder $1
"
    [ ! -d "$home" ] || note_pending
}

note_pending() {
    [ -z "${pending:-}" ] || printf '%s' "$pending" >>"$made"
    pending=''
}

note() { grep -qxF "$*" "$made" 2>/dev/null || printf '%s\n' "$*" >>"$made"; }

# Two of these at once would take turns at spoiling each other's work.
lock() {
    [ -z "$dry_run" ] || return 0
    if ! mkdir "$home/.installing" 2>/dev/null; then
        other=$(cat "$home/.installing/pid" 2>/dev/null || :)
        if [ -n "$other" ] && kill -0 "$other" 2>/dev/null; then
            fail 1 "another installation runs here, process $other"
        fi
        mkdir -p "$home/.installing"
    fi
    locked=1
    { echo $$ >"$home/.installing/pid"; } 2>/dev/null || fail 1 "nothing can be written in $home. $(room)"
}

# shellcheck disable=SC2317 # it is what trap calls
clean_up() {
    code=$?
    trap - EXIT
    set +e
    if [ -n "$swapped" ]; then
        warn "it ended before release $version had proven itself"
        [ -n "$before" ] || fresh=''
        take_back
    fi
    [ -z "$staged" ] || rm -rf "$staged"
    [ -z "$work" ] || rm -rf "$work"
    [ -z "$locked" ] || rm -rf "$home/.installing"
    [ -z "${fresh:-}" ] || [ "$code" = 0 ] || rm -rf "$home/versions/$fresh"
    exit "$code"
}

# ---------------------------------------------------------------- the release, and whether it is the right one
# get NAME FILE: a file of the release. What comes is only believed after it was checked, so that a certificate which
# the line pins by its fingerprint need not be known here.
get() {
    case $from in
    http://* | https://*)
        if have curl; then
            set -- "$1" "$2" -fsSL --proto '=http,https' --connect-timeout 20 --max-time 900
            [ -z "$fingerprint" ] || set -- "$@" -k
            one=$1 into=$2
            shift 2
            curl "$@" -o "$into" "$from/$one" </dev/null
        else
            # Not -T: the busybox of some systems falls over it.
            set -- "$1" "$2" wget -q
            [ -z "$fingerprint" ] || set -- "$@" --no-check-certificate
            one=$1 into=$2
            shift 2
            if have timeout; then set -- timeout 900 "$@"; fi
            "$@" -O "$into" "$from/$one" </dev/null
        fi
        ;;
    *) cp "$from/$1" "$2" ;;
    esac
}

sum_of() {
    if have sha256sum; then
        sha256sum <"$1" | cut -d ' ' -f 1
    else
        openssl dgst -sha256 <"$1" | sed 's/^.* //'
    fi
}

can_check_signatures() { have openssl && openssl pkeyutl -help 2>&1 | grep -q -e -rawin; }

# Whether SHA256SUMS bears the signature of the key: Ed25519 over its bytes. A raw key is the end of what openssl reads.
is_signed() {
    {
        echo '-----BEGIN PUBLIC KEY-----'
        echo "MCowBQYDK2VwAyEA$key"
        echo '-----END PUBLIC KEY-----'
    } >"$work/key.pem"
    openssl base64 -d -A -in "$work/SHA256SUMS.sig" -out "$work/signature" 2>/dev/null || return 1
    openssl pkeyutl -verify -rawin -pubin -inkey "$work/key.pem" -in "$work/SHA256SUMS" -sigfile "$work/signature" \
        >/dev/null 2>&1
}

# Sets `tarball`, `version` and `checksum` from a list of checksums that somebody vouches for.
find_release() {
    [ -n "$from" ] || fail 2 "where is the release? Give --from URL or --from FOLDER"
    [ -n "$key" ] || [ -n "$sha256" ] ||
        fail 2 "nothing vouches for the release: give --key, or --sha256; the line of the collector's page has both"
    get SHA256SUMS "$work/SHA256SUMS" || fail 1 "the list of the release cannot be had from $from"
    vouched=''
    if [ -n "$key" ] && can_check_signatures; then
        get SHA256SUMS.sig "$work/SHA256SUMS.sig" || fail 1 "the release at $from is not signed"
        is_signed || fail 1 "WRONG SIGNATURE: the release at $from is not signed by the key in the line. Nothing was installed"
        say "the signature of the release is good"
        vouched=1
    elif [ -n "$key" ] && [ -z "$sha256" ]; then
        fail 3 "this machine has no openssl of version 3, so that the signature cannot be checked here. Give --sha256 too:" \
            "the checksum of SHA256SUMS, from where you trust it"
    fi
    choose_tarball
    if [ -n "$sha256" ]; then
        if [ "$(sum_of "$work/SHA256SUMS")" != "$sha256" ] && [ "$checksum" != "$sha256" ]; then
            fail 1 "WRONG CHECKSUM: the release at $from is not the one that the line means (was it renewed since? then make a" \
                "new line). Nothing was installed"
        fi
        [ -n "$vouched" ] || say "the release is the one of the line's checksum; its signature was not checked here"
    fi
}

choose_tarball() {
    endings='tar.gz'
    if have xz || have unxz; then endings='tar.xz tar.gz'; fi
    tarball=''
    for ending in $endings; do
        tarball=$(sed -n "s/^[0-9a-f]\{64\}  \(wakeful-agent-[0-9][0-9A-Za-z.+]\{0,39\}-linux-$arch\.$ending\)\$/\1/p" "$work/SHA256SUMS" | head -n 1)
        [ -z "$tarball" ] || break
    done
    if [ -z "$tarball" ] && grep -q -e "-linux-$arch.tar.xz\$" "$work/SHA256SUMS"; then
        fail 3 "the release is packed by xz, which is not here: install xz-utils (Debian) or xz, and run this again"
    fi
    [ -n "$tarball" ] || fail 3 "the release at $from holds nothing for $arch"
    checksum=$(sed -n "s/^\([0-9a-f]\{64\}\)  $tarball\$/\1/p" "$work/SHA256SUMS" | head -n 1)
    version=${tarball#wakeful-agent-}
    version=${version%-linux-*}
}

# is_older VERSION OTHER: by their numbers alone; what stands behind those (rc1, .post1) is not compared.
is_older() {
    one=$1 other=$2
    while [ -n "$one$other" ]; do
        first=${one%%[!0-9]*} second=${other%%[!0-9]*}
        [ "${first:-0}" = "${second:-0}" ] || { [ "${first:-0}" -lt "${second:-0}" ]; return; }
        case $one in *.*) one=${one#*.} ;; *) one='' ;; esac
        case $other in *.*) other=${other#*.} ;; *) other='' ;; esac
    done
    return 1
}

# Whoever can hand out releases could hand out one with a hole that was mended since, and its signature is good.
refuse_older() {
    installed=$(version_of current)
    [ -n "$installed" ] && is_older "$version" "$installed" || return 0
    [ -z "$downgrade" ] || return 0
    fail 1 "release $version is older than $installed, which is installed here: nothing was done. If it is meant, give --downgrade"
}

# unpack FILE FOLDER: the archive holds one folder, whose content goes there.
unpack() {
    mkdir -p "$2"
    case $1 in
    *.tar.gz) gzip -dc <"$1" ;;
    *) if have xz; then xz -dc <"$1"; else unxz -c <"$1"; fi ;;
    esac 2>"$work/tar.log" | (cd "$2" && tar -xf - 2>>"$work/tar.log") || return 1
    # A name that leads out of the folder is refused by tar itself; what is there is what was checked.
    inner=$2/wakeful-agent-$version
    [ -f "$inner/wakeful-agent" ] && [ -f "$inner/share/launch" ]
}

# Puts the release into versions/VERSION, whole or not at all.
stage() {
    target=$home/versions/$version
    if [ -f "$target/.whole" ] && [ "$(cat "$target/.whole")" = "$checksum" ]; then
        say "release $version is here already"
        return 0
    fi
    if [ -n "$dry_run" ]; then
        echo "would fetch: $from/$tarball"
        echo "would make: $target"
        return 0
    fi
    for left in "$home"/versions/*.new; do
        [ ! -e "$left" ] || rm -rf "$left" # of one that was interrupted
    done
    staged=$target.new
    mkdir -p "$staged"
    say "fetching $tarball"
    get "$tarball" "$staged/$tarball" || fail 1 "$tarball cannot be had from $from, or there is no room for it in $home"
    [ "$(sum_of "$staged/$tarball")" = "$checksum" ] ||
        fail 1 "WRONG CHECKSUM: $tarball is not what the release says, or came in part. Nothing was installed"
    unpack "$staged/$tarball" "$staged/unpacked" ||
        fail 1 "$tarball cannot be unpacked in $home: $(head -n 1 "$work/tar.log" 2>/dev/null). $(room)"
    rm -f "$staged/$tarball"
    check_release "$staged/unpacked/wakeful-agent-$version"
    printf '%s\n' "$checksum" >"$staged/unpacked/wakeful-agent-$version/.whole"
    sync
    if [ "$(version_of current)" = "$version" ]; then
        fail 1 "release $version is here with another content; --uninstall --keep it first"
    fi
    rm -rf "$target"
    mv "$staged/unpacked/wakeful-agent-$version" "$target"
    fresh=$version
    rm -rf "$staged"
    staged=''
}

room() { df -Pk "$home" 2>/dev/null | awk 'NR == 2 {printf "%d MB are free there", $4 / 1024}'; }

# The new release must work on this machine before it may take the place of the old one.
check_release() {
    chmod -R go-w,a+rX "$1"
    [ -n "$user" ] || chown -R 0:0 "$1"
    label_for_selinux "$1"
    tested=$(CONFIG_DIR=/nonexistent STATE_DIR=/nonexistent "$1/wakeful-agent" self-test 2>"$work/test.log" </dev/null) || {
        printf '%s\n' "$tested" | cat - "$work/test.log" | tail -n 5 >&2
        fail 3 "release $version does not work on this machine; its own test is above. (Is $home mounted noexec?)"
    }
    case $tested in
    "wakeful-agent $version"*) ;;
    *) fail 1 "the tarball of $version holds another release" ;;
    esac
}

# Where SELinux enforces, what systemd starts must be labelled as a program.
label_for_selinux() {
    [ -z "$dry_run" ] || return 0
    [ -z "$user" ] && have getenforce && [ "$(getenforce 2>/dev/null)" = Enforcing ] || return 0
    if have semanage && [ ! -e "$home/.labelled" ]; then
        semanage fcontext -a -t bin_t '/opt/wakeful-agent/versions/[^/]+/wakeful-agent' 2>/dev/null || :
        semanage fcontext -a -t bin_t '/opt/wakeful-agent/launch' 2>/dev/null || :
        semanage fcontext -a -t lib_t '/opt/wakeful-agent/versions/[^/]+/_internal/.*\.so.*' 2>/dev/null || :
        : >"$home/.labelled"
    fi
    have chcon || return 0
    chcon -t bin_t "$1/wakeful-agent" 2>/dev/null || warn "SELinux enforces here, and $1/wakeful-agent could not be labelled"
    [ ! -d "$1/_internal" ] || find "$1/_internal" -name '*.so*' -exec chcon -t lib_t {} + 2>/dev/null || :
    [ ! -e "$home/launch" ] || chcon -t bin_t "$home/launch" 2>/dev/null || :
}

# ---------------------------------------------------------------- one release after another
version_of() {
    [ -L "$home/$1" ] || return 0
    basename "$(readlink "$home/$1")"
}

first_line() { [ ! -f "$1" ] || head -n 1 "$1" | cut -c 1-100; }

# point NAME VERSION: one rename, so that there is always a release to start.
point() {
    rm -f "$home/.$1"
    ln -s "versions/$2" "$home/.$1"
    mv -fT "$home/.$1" "$home/$1" 2>/dev/null || {
        # a mv that does not know -T would put it into the folder
        rm -f "$home/$1"
        mv -f "$home/.$1" "$home/$1"
    }
}

# put FILE PLACE MODE: whole or not at all, and only where it is another.
put() {
    if [ -f "$2" ] && cmp -s "$1" "$2"; then return 0; fi
    if [ -n "$dry_run" ]; then
        echo "would write: $2"
        return 0
    fi
    make_folder "$(dirname "$2")" 755
    if ! { cp "$1" "$2.wakeful" && chmod "$3" "$2.wakeful" && mv -f "$2.wakeful" "$2"; }; then
        rm -f "$2.wakeful"
        warn "$2 cannot be written"
        return 1
    fi
}

swap() {
    before=$(version_of current)
    if [ "$before" = "$version" ]; then
        if [ "$(first_line "$home/trial")" = "$version" ]; then # of one that was interrupted
            before=$(version_of previous)
            swapped=1
        fi
        return 0
    fi
    [ -z "$dry_run" ] || { echo "would make current: $version (now: ${before:-none})"; return 0; }
    rm -f "$home/failed"
    if [ -n "$before" ]; then
        point previous "$before"
        printf '%s\n' "$version" >"$home/trial"
    fi
    swapped=1
    point current "$version"
}

take_back() {
    swapped=''
    rm -f "$home/trial"
    if [ -z "$before" ]; then return 0; fi
    point current "$before"
    printf '%s\n' "$version" >"$home/failed"
    end_left_over
    install_files
    restart || :
    say "release $before runs again"
}

# Where no service manager does it, what the release that is taken back left running is ended: one that hangs before it
# takes its lock is nothing that stop.sh knows.
end_left_over() {
    [ "$manager" = scripts ] || return 0
    for process in /proc/[0-9]*; do
        case $(readlink "$process/exe" 2>/dev/null || :) in
        "$home/versions/$version/"*) kill "${process#/proc/}" 2>/dev/null || : ;;
        esac
    done
}

# ---------------------------------------------------------------- what is around it
make_user() {
    [ -z "$user" ] || return 0
    if ! grep -q '^wakeful:' /etc/group; then
        if have groupadd; then act groupadd --system wakeful; else act addgroup -S wakeful; fi
        [ -n "$dry_run" ] || note group wakeful
    fi
    grep -q '^wakeful:' /etc/passwd && return 0
    shell=/sbin/nologin
    [ -e "$shell" ] || shell=/usr/sbin/nologin
    if have useradd; then
        act useradd --system --gid wakeful --home-dir "$state" --no-create-home --shell "$shell" \
            --comment 'Wakeful agent' wakeful
    else
        act adduser -S -D -H -h "$state" -s "$shell" -G wakeful wakeful
    fi
    [ -n "$dry_run" ] || note user wakeful
}

# Files of the current release that lie elsewhere.
install_files() {
    share=$home/current/share
    [ -z "$dry_run" ] || share=$home/versions/$version/share
    if [ -n "$dry_run" ] && [ ! -d "$share" ]; then
        echo "would write: $home/launch, and what $manager needs"
        return 0
    fi
    put "$share/launch" "$home/launch" 755
    label_for_selinux "$home/versions/$version"
    case $manager in
    systemd) install_units ;;
    openrc)
        put "$share/openrc/init.d/wakeful-agent" /etc/init.d/wakeful-agent 755
        [ -e /etc/conf.d/wakeful-agent ] || put "$share/openrc/conf.d/wakeful-agent" /etc/conf.d/wakeful-agent 644
        ;;
    scripts) for one in "$share"/scripts/*.sh; do put "$one" "$home/scripts/${one##*/}" 755; done ;;
    esac
    install_link
}

install_units() {
    number=$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
    unit=$share/systemd/wakeful-agent.service
    [ "${number:-0}" -ge 232 ] || unit=$share/systemd/219/wakeful-agent.service
    put "$unit" /etc/systemd/system/wakeful-agent.service 644
    put "$share/systemd/wakeful-agent.tmpfiles.conf" /etc/tmpfiles.d/wakeful-agent.conf 644
    for one in service timer; do
        put "$share/systemd/wakeful-agent-update.$one" "/etc/systemd/system/wakeful-agent-update.$one" 644
    done
    act systemctl daemon-reload
}

# The name in PATH is a convenience: where /usr is read-only it is done without.
install_link() {
    [ "$(readlink "$link" 2>/dev/null || :)" != "$home/current/wakeful-agent" ] || return 0
    if [ -e "$link" ] || [ -L "$link" ]; then
        case $(readlink "$link" || :) in
        "$home"/*) ;;
        *) warn "$link is somebody else's and stays; the agent is $home/current/wakeful-agent" && return 0 ;;
        esac
    fi
    if [ -n "$dry_run" ]; then echo "would write: $link"; return 0; fi
    if ! { make_folder "$(dirname "$link")" 755 && ln -sfn "$home/current/wakeful-agent" "$link"; } 2>/dev/null; then
        warn "$link cannot be written (is /usr read-only?); the agent is $home/current/wakeful-agent"
    fi
}

# run_agent WORDS...: the release that is being installed, with its folders.
run_agent() { CONFIG_DIR=$config STATE_DIR=$state "$home/versions/$version/wakeful-agent" "$@"; }

enrol() {
    if [ -f "$config/identity.json" ]; then
        say "this machine is enrolled already; its token stays"
        return 0
    fi
    [ -n "$invite" ] || [ -n "$invite_file" ] || fail 2 "this machine is not enrolled: give --invite"
    [ -n "$url" ] || fail 2 "which collector? Give --url"
    if [ -n "$dry_run" ]; then echo "would enrol: at $url"; return 0; fi
    if [ -n "$user" ]; then make_folder "$config" 700; else make_folder "$config" 751; fi
    set -- enroll "$url" --invite-file -
    [ -z "$fingerprint" ] || set -- "$@" --fingerprint "$fingerprint"
    [ -z "$name" ] || set -- "$@" --name "$name"
    if [ -n "$invite" ]; then printf '%s\n' "$invite"; else head -n 1 "$invite_file"; fi | run_agent "$@" >"$work/enrolled" ||
        fail 1 "the machine could not be enrolled; why is said above. Run the same line again when that is mended"
    say "$(head -n 1 "$work/enrolled")"
}

settle_config() {
    if [ ! -e "$config/agent.toml" ]; then
        if [ -n "$dry_run" ]; then echo "would write: $config/agent.toml"; return 0; fi
        {
            echo "# What this machine lets its agent do; 'wakeful-agent show-config --sample' prints all that can be set."
            echo '[update]'
            echo "allow = \"${update:-never}\""
            [ -z "$key" ] || echo "key = \"$key\""
        } >"$work/agent.toml"
        put "$work/agent.toml" "$config/agent.toml" 640
    elif [ -n "$update" ]; then
        say "$config/agent.toml is there and stays; to say when releases are taken, write there: [update] allow = \"$update\""
    fi
    [ -z "$dry_run" ] || return 0
    make_folder "$state" 700
    [ -z "$user" ] || return 0
    chown root:wakeful "$config" "$config/agent.toml"
    chmod o-rwx "$config/agent.toml" # it may hold the password of a proxy
    chmod 751 "$config" # a collector of the same machine may pass, to files that are its own
    chown wakeful:wakeful "$state"
    for one in TOKEN agent.key identity.json; do
        [ ! -e "$config/$one" ] || chown wakeful:wakeful "$config/$one"
    done
}

# as_wakeful WORDS...: as the agent's user, who alone knows what that user may not do.
as_wakeful() {
    if have runuser; then
        runuser -u wakeful -- "$@"
    elif have setpriv; then
        setpriv --reuid wakeful --regid wakeful --init-groups "$@"
    else
        su -s /bin/sh wakeful -c "$*"
    fi
}

grant_rights() {
    [ -n "$grant" ] || return 0
    if [ -n "$dry_run" ]; then echo "would write: /etc/sudoers.d/wakeful-agent, for $grant"; return 0; fi
    (cd / && as_wakeful env "CONFIG_DIR=$config" "STATE_DIR=$state" "$home/versions/$version/wakeful-agent" \
        doctor --sudoers "$grant") >"$work/sudoers" </dev/null || fail 1 "the lines for sudo could not be made"
    if ! grep -q NOPASSWD "$work/sudoers"; then
        say "nothing to grant: what $grant need is not on this machine, or permitted already"
        return 0
    fi
    visudo -c -q -f "$work/sudoers" || fail 1 "sudo does not take the lines; nothing was granted"
    put "$work/sudoers" /etc/sudoers.d/wakeful-agent 440
    sed -n 's/^\(wakeful .*\)$/wakeful: granted: \1/p' "$work/sudoers"
    case $manager in
    systemd)
        put "$home/versions/$version/share/systemd/drop-ins/sudo.conf" /etc/systemd/system/wakeful-agent.service.d/sudo.conf 644
        act systemctl daemon-reload
        ;;
    openrc) sed -i 's/^#supervise_daemon_args=""/supervise_daemon_args=""/' /etc/conf.d/wakeful-agent ;;
    esac
}

# ---------------------------------------------------------------- running it
restart() {
    case $manager in
    systemd)
        act systemctl enable --quiet wakeful-agent.service
        act systemctl restart --no-block wakeful-agent.service
        ;;
    openrc)
        act rc-update -q add wakeful-agent default
        act rc-service wakeful-agent restart || :
        ;;
    scripts)
        if [ -n "$dry_run" ]; then echo "would run: $home/scripts/start.sh"; return 0; fi
        CONFIG_DIR=$config STATE_DIR=$state "$home/scripts/stop.sh" >/dev/null 2>&1 || :
        CONFIG_DIR=$config STATE_DIR=$state "$home/scripts/start.sh" </dev/null || :
        ;;
    esac
}

stop() {
    case $manager in
    systemd)
        if [ -e /etc/systemd/system/wakeful-agent.service ]; then
            act systemctl disable --quiet --now wakeful-agent-update.timer || :
            act systemctl disable --quiet --now wakeful-agent.service || :
        fi
        ;;
    openrc)
        if [ -e /etc/init.d/wakeful-agent ]; then
            act rc-service -q wakeful-agent stop || :
            act rc-update -q del wakeful-agent default || :
        fi
        ;;
    scripts)
        if [ -x "$home/scripts/stop.sh" ]; then
            act env "CONFIG_DIR=$config" "STATE_DIR=$state" "$home/scripts/stop.sh"
        fi
        ;;
    esac
}

is_running() {
    case $manager in
    systemd) systemctl is-active --quiet wakeful-agent.service ;;
    openrc) rc-service -q wakeful-agent status >/dev/null 2>&1 ;;
    scripts) CONFIG_DIR=$config STATE_DIR=$state "$home/scripts/status.sh" >/dev/null 2>&1 ;;
    *) return 1 ;;
    esac
}

proven() { first_line "$state/proven"; }

set_timer() {
    [ "$manager" = systemd ] || return 0
    if grep -q '^allow = "\(ask\|auto\)"' "$config/agent.toml" 2>/dev/null; then
        act systemctl enable --quiet --now wakeful-agent-update.timer
    fi
}

# Waits until the collector has accepted a push of this release. Where that does not come, the release before comes back.
start_and_wait() {
    if [ -n "$no_start" ]; then
        swapped=''
        rm -f "$home/trial"
        say "installed; start it with: $home/launch run"
        return 0
    fi
    if [ -z "$swapped" ] && [ -z "${changed:-}" ] && is_running && [ "$(proven)" = "$version" ]; then
        say "release $version runs and pushes already; nothing was to be done"
        return 0
    fi
    rm -f "$state/proven" "$state/starts"
    restart
    say "waiting for the first push that the collector accepts"
    left=$seconds
    until [ "$(proven)" = "$version" ]; do
        if [ "$left" -le 0 ] || { [ -n "$before" ] && [ "$(proven)" = "$before" ]; }; then
            not_proven
        fi
        left=$((left - 1))
        sleep 1
    done
    swapped=''
    rm -f "$home/trial" "$state/starts"
    say "release $version runs; the collector accepted its first push"
}

not_proven() {
    if [ -n "$swapped" ] && [ -n "$before" ]; then
        warn "release $version did not get a push accepted within $seconds s: it is taken back"
        take_back
        rm -rf "$home/versions/$version"
        exit 1
    fi
    swapped=''
    fresh=''
    fail 1 "the agent is installed and started, and the collector accepted no push within $seconds s. It goes on trying;" \
        "this says why: $home/current/wakeful-agent doctor"
}

# Releases that are neither current nor the one before take room only.
prune() {
    [ -z "$dry_run" ] || return 0
    for one in "$home"/versions/*; do
        case ${one##*/} in
        "$(version_of current)" | "$(version_of previous)") ;;
        *) rm -rf "$one" ;;
        esac
    done
}

install_agent() {
    check_machine
    work=$(mktemp -d 2>/dev/null) || work=$(mktemp -d "$HOME/.wakeful.XXXXXX")
    find_release
    refuse_older
    make_folder "$home/versions" 755
    if [ -f "$config/.made" ] && [ -z "$dry_run" ]; then mv -f "$config/.made" "$made"; fi
    lock
    stage
    make_user
    enrol
    settle_config
    if [ -z "$dry_run" ]; then
        run_agent check-config >/dev/null </dev/null || fail 1 "release $version does not take $config/agent.toml; why is said above"
    fi
    files_before=$(files_now)
    swap
    install_files
    grant_rights
    [ "$files_before" = "$(files_now)" ] || changed=1
    if [ -n "$dry_run" ]; then
        restart
        say "nothing was done: this was a dry run"
        return 0
    fi
    start_and_wait
    fresh=''
    set_timer
    prune
}

files_now() {
    cat "$home/launch" /etc/systemd/system/wakeful-agent.service /etc/systemd/system/wakeful-agent.service.d/sudo.conf \
        /etc/init.d/wakeful-agent /etc/conf.d/wakeful-agent /etc/sudoers.d/wakeful-agent "$home"/scripts/*.sh >"$work/files" 2>/dev/null || :
    sum_of "$work/files"
}

# ---------------------------------------------------------------- taking all of it away
uninstall_agent() {
    [ -d "$home" ] || [ -e "$config/identity.json" ] || say "the agent is not installed here"
    stop
    if have semanage && [ -e "$home/.labelled" ]; then
        act semanage fcontext -d '/opt/wakeful-agent/versions/[^/]+/wakeful-agent' || :
        act semanage fcontext -d '/opt/wakeful-agent/launch' || :
        act semanage fcontext -d '/opt/wakeful-agent/versions/[^/]+/_internal/.*\.so.*' || :
    fi
    case $(readlink "$link" 2>/dev/null || :) in "$home"/*) act rm -f "$link" || warn "$link stays: it cannot be removed" ;; esac
    kept_list=$(cat "$made" 2>/dev/null || cat "$config/.made" 2>/dev/null || :) # the latter of --keep
    if [ -z "$user" ]; then
        act rm -rf /etc/systemd/system/wakeful-agent.service /etc/systemd/system/wakeful-agent.service.d \
            /etc/systemd/system/wakeful-agent-update.service /etc/systemd/system/wakeful-agent-update.timer \
            /etc/tmpfiles.d/wakeful-agent.conf /etc/init.d/wakeful-agent /etc/sudoers.d/wakeful-agent \
            /var/lib/systemd/timers/stamp-wakeful-agent-update.timer
        [ "$manager" != systemd ] || act systemctl daemon-reload
        [ "$manager" != systemd ] || act systemctl reset-failed wakeful-agent.service 2>/dev/null || :
    fi
    if [ -n "$keep" ]; then
        [ ! -f "$made" ] || act cp "$made" "$config/.made" # what is to go with the rest, one day
    else
        remove_settings
        remove_state
        [ -n "$user" ] || act rm -rf "$logs" /etc/conf.d/wakeful-agent
        remove_user
    fi
    act rm -rf "$home"
    remove_folders
    if [ -n "$dry_run" ]; then
        say "nothing was done: this was a dry run"
    elif [ -n "$keep" ]; then
        say "the agent is gone; its settings, token and spool stay in $config and $state"
    else
        say "the agent is gone, and all that was its own. The collector keeps its history: remove the host there"
    fi
}

# By name: the collector's certificate, the profiles of `wakeful`, and who knows what may lie in the same folder.
remove_settings() {
    for one in agent.toml TOKEN agent.key identity.json .made; do
        [ ! -e "$config/$one" ] || act rm -f "$config/$one"
    done
    [ ! -d "$config" ] || act rmdir "$config" 2>/dev/null || say "$config stays: there is more in it than the agent's"
}

# Whole: but not a folder of somebody else that STATE_DIR happened to name.
remove_state() {
    case $state in
    */wakeful-agent) ;;
    *)
        if ! printf '%s\n' "$kept_list" | grep -qxF "folder $state"; then
            [ ! -d "$state" ] || say "$state stays: it was there before the agent"
            return 0
        fi
        ;;
    esac
    act rm -rf "$state"
}

remove_user() {
    [ -z "$user" ] || return 0
    case $kept_list in
    *'user wakeful'*) if have userdel; then act userdel wakeful; else act deluser wakeful; fi || warn "the user wakeful stays" ;;
    esac
    case $kept_list in
    *'group wakeful'*)
        grep -q '^wakeful:' /etc/group || return 0 # it went with the user
        if have groupdel; then act groupdel wakeful; else act delgroup wakeful; fi || warn "the group wakeful stays"
        ;;
    esac
}

# Folders that were made for it, the innermost first; one that somebody else uses meanwhile stays.
remove_folders() {
    printf '%s\n' "$kept_list" | sed -n 's/^folder //p' | sort -r | while IFS= read -r folder; do
        [ ! -d "$folder" ] || act rmdir "$folder" 2>/dev/null || :
    done
}

main() {
    read_arguments "$@"
    check_arguments
    find_places
    umask 022
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    if [ -n "$uninstall" ]; then
        uninstall_agent
    else
        install_agent
    fi
}

# The last line: a script that came in part does nothing.
main "$@"
