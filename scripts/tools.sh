#!/usr/bin/env bash
# Makes further programs that tests and benchmarks use available in .cache/tools/bin: sysbench, haproxy, etcd, etcdctl.
#
#   scripts/tools.sh [PROGRAM...]        default: all
#
# A program on PATH is taken as it is; else it comes from Debian's or Ubuntu's packages, fetched without root into the
# cache folder. Prints the folder of the programs. May be run at any time, by several processes at once.
set -euo pipefail
# shellcheck source=scripts/debs.sh
. "$(dirname "${BASH_SOURCE[0]}")/debs.sh"

HOME_OF_TOOLS=$CACHE/tools
BIN=$HOME_OF_TOOLS/bin

# Prints the path of the program inside its unpacked package.
program_in() {
    local file
    for file in "$1/usr/bin/$2" "$1/usr/sbin/$2"; do
        if [ -x "$file" ]; then
            echo "$file"
            return
        fi
    done
    die "no $2 in $1"
}

# Prints the package that has a program.
package_of() {
    case $1 in
    etcd) echo etcd-server ;;
    etcdctl) echo etcd-client ;;
    *) echo "$1" ;;
    esac
}

fetch() {
    local program=$1 family archive uri release root=$HOME_OF_TOOLS/$1 components plugins
    family=$(package_family)
    [ -n "$family" ] || die "$program is not on PATH, and it can be fetched only on Debian and Ubuntu: install it"
    archive=$(own_archive "$(os_release VERSION_CODENAME)")
    [ -n "$archive" ] || die "$program is not on PATH, and apt's sources here name no archive to fetch it from: install it"
    read -r uri release <<<"$archive"
    components=main
    [ "$family" = debian ] || components="main universe"
    if [ ! -d "$root" ]; then
        say "fetching $program into $root ..."
        fetch_root "$root" "deb $(keyring_option "$family") $uri $release $components" "$(package_of "$program")"
    fi
    plugins=$(find "$root" -type d -path '*/libmariadb3/plugin' | head -n 1)
    [ -z "$plugins" ] || plugins="export MARIADB_PLUGIN_DIR='$plugins'"
    write_wrapper "$BIN/$program" <<END
export LUA_PATH='$root/usr/share/sysbench/?.lua;./?.lua;;'
$plugins
exec '$(loader_of "$root")' --library-path '$(library_path_of "$root")' '$(program_in "$root" "$program")' "\$@"
END
}

provide() {
    local found
    [ ! -x "$BIN/$1" ] || return 0
    exec 9>"$HOME_OF_TOOLS/lock"
    flock 9
    [ ! -x "$BIN/$1" ] || return 0
    if found=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v "$1"); then
        write_wrapper "$BIN/$1" <<END
exec '$found' "\$@"
END
    else
        fetch "$1"
    fi
}

mkdir -p "$BIN"
[ $# -gt 0 ] || set -- sysbench haproxy etcd etcdctl
for program in "$@"; do
    case $program in
    sysbench | haproxy | etcd | etcdctl) provide "$program" ;;
    *) die "unknown program $program: sysbench, haproxy, etcd or etcdctl" ;;
    esac
done
echo "$BIN"
