#!/usr/bin/env bash
# Makes a MySQL server (8.0 or newer) and its clients available in .cache/mysql/bin, for the playground and the tests:
#
#   1. the server that SHARDGATE_MYSQLD names (a path to mysqld),
#   2. else the mysqld on PATH, if it is MySQL 8.0 or newer (not MariaDB),
#   3. else one from Debian's or Ubuntu's packages, fetched without root into the cache folder.
#
# Prints the folder of the programs. May be run at any time, by several processes at once; a second run only looks.
# SHARDGATE_CACHE moves the cache folder (default: .cache in the repository).
set -euo pipefail
# shellcheck source=scripts/debs.sh
. "$(dirname "${BASH_SOURCE[0]}")/debs.sh"

HOME_OF_MYSQL=$CACHE/mysql
BIN=$HOME_OF_MYSQL/bin
STAMP=$HOME_OF_MYSQL/source
CLIENTS="mysql mysqldump mysqladmin mysqlbinlog mysqlslap mysqlcheck mysqlimport mysqlshow"

# Succeeds if the program is a MySQL server of version 8.0 or newer.
is_usable() {
    local text
    text=$("$1" --no-defaults --version 2>/dev/null) || return 1
    case $text in
    *[Mm]aria*) return 1 ;;
    *" Ver "[0-7].*) return 1 ;;
    *" Ver "*) return 0 ;;
    esac
    return 1
}

# Prints where the server is to come from: "own PATH" or "fetched".
wanted_source() {
    local found
    if [ -n "${SHARDGATE_MYSQLD:-}" ]; then
        echo "own $(readlink -f "$SHARDGATE_MYSQLD")"
    elif found=$(command -v mysqld) && [ "$(readlink -f "$found")" != "$(readlink -f "$BIN/mysqld" 2>/dev/null)" ]; then
        echo "own $(readlink -f "$found")"
    else
        echo fetched
    fi
}

# What the stamp says when this version of the script has done its work.
stamp_for() { echo "2 $1 $HOME_OF_MYSQL"; }

is_done() { [ -x "$BIN/mysqld" ] && [ -r "$STAMP" ] && [ "$(cat "$STAMP")" = "$(stamp_for "$1")" ]; }

# Wrappers for a server that the machine has already. $1: mysqld.
use_own() {
    local server=$1 program folder runner=
    # Ubuntu confines /usr/sbin/mysqld to its own data directory (AppArmor, by the path that is executed). Started
    # through the dynamic loader, it may use ours.
    if [ "$(id -u)" = 0 ] || [ -e /etc/apparmor.d/usr.sbin.mysqld ]; then
        for program in /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1; do
            if [ -e /etc/apparmor.d/usr.sbin.mysqld ] && [ -x "$program" ]; then runner=$program; fi
        done
    fi
    write_wrapper "$BIN/mysqld" <<END
[ "\${1:-}" != --no-defaults ] || shift
exec ${runner:+"$runner" }"$server" --no-defaults "\$@"
END
    for program in $CLIENTS; do
        rm -f "$BIN/$program"
        for folder in "$(dirname "$server")" "$(dirname "$server")/../bin"; do
            if [ -x "$folder/$program" ]; then
                write_wrapper "$BIN/$program" <<END
exec "$folder/$program" "\$@"
END
                break
            fi
        done
        if [ ! -e "$BIN/$program" ] && folder=$(command -v "$program"); then
            write_wrapper "$BIN/$program" <<END
exec "$folder" "\$@"
END
        fi
    done
}

# The packages of the machine's own archive, or Debian's next release, since no stable Debian has MySQL.
fetch() {
    local family archive uri release packages line
    family=$(package_family)
    case $family in
    debian)
        archive=$(own_archive "$(os_release VERSION_CODENAME)")
        [ -n "$archive" ] || die "apt's sources on this machine name no Debian archive; $(how_to_point)"
        read -r uri release <<<"$archive"
        packages="mysql-server-core mysql-client-core"
        line="deb $(keyring_option debian) $uri sid main"
        ;;
    ubuntu)
        archive=$(own_archive "$(os_release VERSION_CODENAME)")
        [ -n "$archive" ] || die "apt's sources on this machine name no Ubuntu archive; $(how_to_point)"
        read -r uri release <<<"$archive"
        packages=$(apt-cache search --names-only '^mysql-server-core-[0-9.]+$' | awk '{print $1}' | sort -V | tail -n 1)
        packages=${packages:-mysql-server-core-8.0}
        packages="$packages ${packages/server/client}"
        line="deb $(keyring_option ubuntu) $uri $release main universe"
        ;;
    *)
        die "no MySQL server here, and it can be fetched only on Debian and Ubuntu; $(how_to_point)"
        ;;
    esac
    say "fetching $packages into $HOME_OF_MYSQL (once, some 70 MB) ..."
    # shellcheck disable=SC2086
    fetch_root "$HOME_OF_MYSQL/root" "$line" $packages
}

how_to_point() {
    echo "install MySQL 8.0 or newer (its 'mysqld' and 'mysql' programs) so that mysqld is on PATH, or set" \
        "SHARDGATE_MYSQLD to the path of its mysqld"
}

# Wrappers for the fetched server and its clients.
use_fetched() {
    local root=$HOME_OF_MYSQL/root loader libraries program
    [ -x "$root/usr/sbin/mysqld" ] || fetch
    loader=$(loader_of "$root")
    libraries=$(library_path_of "$root")
    write_wrapper "$BIN/mysqld" <<END
R='$root'
[ "\${1:-}" != --no-defaults ] || shift
exec '$loader' --library-path '$libraries' "\$R/usr/sbin/mysqld" --no-defaults --basedir="\$R/usr" \\
    --lc-messages-dir="\$R/usr/share/mysql" --character-sets-dir="\$R/usr/share/mysql/charsets" \\
    --plugin-dir="\$R/usr/lib/mysql/plugin" "\$@"
END
    for program in $CLIENTS; do
        rm -f "$BIN/$program"
        [ -x "$root/usr/bin/$program" ] || continue
        # Options that name a file of defaults must stay the first.
        write_wrapper "$BIN/$program" <<END
R='$root'
case "\${1:-}" in
--defaults-*|--no-defaults|--login-path*) first=\$1; shift ;;
*) first=--no-defaults ;;
esac
exec '$loader' --library-path '$libraries' "\$R/usr/bin/$program" "\$first" \\
    --character-sets-dir="\$R/usr/share/mysql/charsets" "\$@"
END
    done
}

source=$(wanted_source)
if ! is_done "$source"; then
    case $source in
    "own "*)
        if ! is_usable "${source#own }"; then
            [ -z "${SHARDGATE_MYSQLD:-}" ] || die "SHARDGATE_MYSQLD: ${source#own } is not a MySQL server of version 8.0 or newer"
            source=fetched
        fi
        ;;
    esac
fi
if ! is_done "$source"; then
    mkdir -p "$BIN"
    exec 9>"$HOME_OF_MYSQL/lock"
    flock 9
    if ! is_done "$source"; then
        rm -f "$STAMP"
        case $source in
        "own "*) use_own "${source#own }" ;;
        *) use_fetched ;;
        esac
        is_usable "$BIN/mysqld" || die "$BIN/mysqld does not run: $("$BIN/mysqld" --version 2>&1 | tail -n 3)"
        stamp_for "$source" >"$STAMP.$$"
        mv "$STAMP.$$" "$STAMP"
    fi
fi
echo "$BIN"
