# shellcheck shell=bash
# Programs from Debian and Ubuntu packages without root: downloaded by apt-get with directories of its own, unpacked by
# dpkg into one folder, and run through that folder's own dynamic loader, so that nothing on the machine is changed and
# the machine's own libraries needn't fit. Sourced by mysql.sh and tools.sh.

ROOT_OF_REPOSITORY=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034 # used by the scripts that source this one
CACHE=${SHARDGATE_CACHE:-$ROOT_OF_REPOSITORY/.cache}

say() { printf '%s\n' "$*" >&2; }

die() {
    say "error: $*"
    exit 1
}

# Prints one field of /etc/os-release.
os_release() {
    (
        # shellcheck disable=SC1091
        [ -r /etc/os-release ] && . /etc/os-release
        eval "printf '%s' \"\${$1:-}\""
    )
}

# Prints "debian", "ubuntu" or nothing: the family whose packages can be fetched here.
package_family() {
    command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 0
    case " $(os_release ID) $(os_release ID_LIKE) " in
    *" ubuntu "*) echo ubuntu ;;
    *" debian "*) echo debian ;;
    esac
}

# Prints the URI and the release of the archive that this machine's own apt sources name (classic and deb822 alike, as
# apt itself reads them), on one line. $1: the release looked for.
own_archive() {
    # shellcheck disable=SC2016 # apt-get expands them
    apt-get indextargets -o APT::Get::IndexTargets::OnlyPresent=false \
        --format '$(CREATED_BY) $(CODENAME) $(RELEASE) $(COMPONENT) $(REPO_URI)' 2>/dev/null |
        awk -v want="$1" '
            $1 == "Packages" && $4 == "main" && $5 !~ /security/ {
                if ($2 == want || $3 == want) { print $5, $3; found = 1; exit }
                if (other == "" && $2 !~ /-/ && $3 !~ /-/) other = $5 " " $3
            }
            END { if (!found && other != "") print other }'
}

# Prints the option that names the family's keyring, where there is one.
keyring_option() {
    local file
    for file in "/usr/share/keyrings/$1-archive-keyring".{gpg,pgp}; do
        if [ -r "$file" ]; then
            echo "[signed-by=$file]"
            return
        fi
    done
}

# fetch_root FOLDER SOURCE_LINE PACKAGE...: downloads the packages and all they depend on, and unpacks them into FOLDER,
# which appears only when it is complete.
fetch_root() {
    local folder=$1 source_line=$2
    shift 2
    local work
    work=$(mktemp -d "$folder.XXXXXX")
    # shellcheck disable=SC2064
    trap "rm -rf '$work'" EXIT
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/state" "$work/root"
    : >"$work/state/status"
    printf '%s\n' "$source_line" >"$work/sources.list"
    local apt=(apt-get -q -y
        -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
        -o "Dir::State=$work/state" -o "Dir::State::Lists=$work/lists" -o "Dir::State::status=$work/state/status"
        -o "Dir::Cache=$work/cache" -o "Dir::Cache::archives=$work/cache/archives"
        -o APT::Install-Recommends=0 -o "APT::Sandbox::User=$(id -un)" -o Acquire::Languages=none -o Acquire::PDiffs=false
        -o Acquire::Retries=3 -o Dir::Log="$work/state"
        -o APT::Keep-Downloaded-Packages=true -o Binary::apt::APT::Keep-Downloaded-Packages=true)
    if ! { "${apt[@]}" update && "${apt[@]}" install --download-only "$@"; } >"$work/log" 2>&1; then
        tail -n 30 "$work/log" >&2
        die "could not fetch $* with apt-get (its last lines are above). Is this machine online, and do its apt sources work?"
    fi
    local package
    for package in "$work"/cache/archives/*.deb; do
        dpkg -x "$package" "$work/root" || die "could not unpack $package"
    done
    rm -rf "$folder"
    mv "$work/root" "$folder"
    rm -rf "$work"
    trap - EXIT
}

# Prints the dynamic loader inside an unpacked root.
loader_of() {
    local file
    for file in "$1"/usr/lib/*/ld-linux*.so.* "$1"/lib/*/ld-linux*.so.* "$1"/usr/lib*/ld-linux*.so.*; do
        if [ -x "$file" ]; then
            echo "$file"
            return
        fi
    done
    die "no dynamic loader in $1"
}

# Prints the library path of an unpacked root.
library_path_of() {
    local folder path=
    for folder in "$1"/usr/lib/*-linux-gnu* "$1"/lib/*-linux-gnu* "$1"/usr/lib "$1"/usr/lib/mysql/private; do
        [ -d "$folder" ] && path="$path${path:+:}$folder"
    done
    echo "$path"
}

# write_wrapper FILE: writes an executable sh script from standard input, in one step.
write_wrapper() {
    {
        echo '#!/bin/sh'
        cat
    } >"$1.$$"
    chmod +x "$1.$$"
    mv "$1.$$" "$1"
}
