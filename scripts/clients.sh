#!/usr/bin/env bash
# Makes the clients of the integration tests ready in .cache/clients: PyMySQL in a virtual environment, mysql2 with its
# packages, the Go and the Java program compiled; and what tools make of a database (python-tools, java-tools,
# node-tools, rails-tools): SQLAlchemy and Django, JDBC's metadata and Hibernate, Sequelize, Active Record.
#
#   scripts/clients.sh                   all of them; says which toolchains are missing
#   scripts/clients.sh CLIENT            one (python, go, node, java, ...-tools); prints the command to run it, a word on each line
#
# Exit code 3: the client's toolchain is not on this machine. With CI=true that is an error like any other (1).
# May be run at any time, by several processes at once; what is ready is only looked at.
set -euo pipefail
# shellcheck source=scripts/debs.sh
. "$(dirname "${BASH_SOURCE[0]}")/debs.sh"

SOURCES=$ROOT_OF_REPOSITORY/integration-tests/clients
MISSING=3

# Fails unless the programs are on PATH.
need() {
    local program
    for program in "$@"; do
        if ! command -v "$program" >/dev/null 2>&1; then
            say "skipped: the $CLIENT client needs $program, which is not on this machine"
            [ "${CI:-}" = true ] && exit 1
            exit $MISSING
        fi
    done
}

# Runs a step quietly; shows what it printed if it fails.
quietly() {
    "$@" >"$HOME_OF_CLIENT.log" 2>&1 || {
        tail -n 30 "$HOME_OF_CLIENT.log" >&2
        die "could not make the $CLIENT client ready: $*"
    }
}

# Builders: their steps are joined by &&, since their caller looks at the outcome.
build_python() {
    quietly python3 -m venv "$1" &&
        quietly "$1/bin/pip" install --quiet -r "$SOURCES/python/requirements.txt"
}

build_go() { (cd "$SOURCES/go" && quietly go build -o "$1/check" .); }

build_node() {
    cp "$SOURCES"/node/{package.json,package-lock.json,.npmrc,check.js} "$1" &&
        (cd "$1" && quietly npm ci --no-audit --no-fund)
}

build_java() {
    quietly mvn -q -B -f "$SOURCES/java/pom.xml" dependency:copy-dependencies "-DoutputDirectory=$1/lib" &&
        quietly javac -encoding UTF-8 -d "$1" "$SOURCES/java/Check.java"
}

build_python-tools() {
    quietly python3 -m venv "$1" &&
        quietly "$1/bin/pip" install --quiet -r "$SOURCES/python-tools/requirements.txt"
}

build_java-tools() {
    quietly mvn -q -B -f "$SOURCES/java-tools/pom.xml" dependency:copy-dependencies "-DoutputDirectory=$1/lib" &&
        quietly javac -encoding UTF-8 -cp "$1/lib/*" -d "$1" "$SOURCES"/java-tools/*.java
}

build_node-tools() {
    cp "$SOURCES"/node-tools/{package.json,package-lock.json,.npmrc,run.js} "$1" &&
        (cd "$1" && quietly npm ci --no-audit --no-fund)
}

# Ruby and its gems come from the machine's own kind of packages, since gems with native parts need a compiler.
build_rails-tools() {
    local family archive uri release components=main root=$1/root lib plugins
    family=$(package_family)
    [ -n "$family" ] || die "Active Record can be fetched only on Debian and Ubuntu"
    archive=$(own_archive "$(os_release VERSION_CODENAME)")
    [ -n "$archive" ] || die "apt's sources here name no archive to fetch Ruby from"
    read -r uri release <<<"$archive"
    [ "$family" = debian ] || components="main universe"
    fetch_root "$root" "deb $(keyring_option "$family") $uri $release $components" \
        ruby ruby-activerecord ruby-mysql2 ruby-minitest || return
    lib=$(find "$root"/usr/lib -maxdepth 4 -type d \( -name vendor_ruby -o -name '[0-9]*.[0-9]*.[0-9]*' \) \
        -path '*/ruby/*' -not -path '*/gems/*' | paste -sd:)
    plugins=$(find "$root" -type d -path '*/libmariadb3/plugin' | head -n 1)
    write_wrapper "$1/ruby" <<END
export RUBYLIB='$lib' MARIADB_PLUGIN_DIR='$plugins'
export GEM_PATH='$(find "$root"/usr/share/rubygems-integration -mindepth 1 -maxdepth 1 -type d | paste -sd:)'
exec '$(loader_of "$root")' --library-path '$(library_path_of "$root")' '$root/usr/bin/ruby' "\$@"
END
}

needs_of() {
    case $1 in
    python | python-tools) echo python3 ;;
    go) echo go ;;
    node | node-tools) echo node npm ;;
    java | java-tools) echo java javac mvn ;;
    rails-tools) echo apt-get dpkg ;;
    *) die "unknown client $1: python, go, node, java, python-tools, java-tools, node-tools or rails-tools" ;;
    esac
}

command_of() {
    case $1 in
    python) printf '%s\n' "$2/bin/python" "$SOURCES/python/check.py" ;;
    go) printf '%s\n' "$2/check" ;;
    node) printf '%s\n' node "$2/check.js" ;;
    python-tools) printf '%s\n' "$2/bin/python" -B "$SOURCES/python-tools/run.py" ;;
    node-tools) printf '%s\n' node "$2/run.js" ;;
    java-tools) printf '%s\n' java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$2:$2/lib/*" Run ;;
    rails-tools) printf '%s\n' "$2/ruby" "$SOURCES/rails-tools/run.rb" ;;
    java) printf '%s\n' java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$2:$2/lib/*" Check ;;
    esac
}

provide() {
    CLIENT=$1
    local needs stamp
    needs=$(needs_of "$CLIENT")
    # shellcheck disable=SC2086
    need $needs
    HOME_OF_CLIENT=$CACHE/clients/$CLIENT
    stamp=$(cd "$SOURCES/$CLIENT" && cat -- * | cksum)
    if [ "$(cat "$HOME_OF_CLIENT/ready" 2>/dev/null)" != "$stamp $HOME_OF_CLIENT" ]; then
        mkdir -p "$CACHE/clients"
        exec 9>"$HOME_OF_CLIENT.lock"
        flock 9
        if [ "$(cat "$HOME_OF_CLIENT/ready" 2>/dev/null)" != "$stamp $HOME_OF_CLIENT" ]; then
            say "making the $CLIENT client ready in $HOME_OF_CLIENT (once) ..."
            rm -rf "$HOME_OF_CLIENT"
            mkdir -p "$HOME_OF_CLIENT"
            "build_$CLIENT" "$HOME_OF_CLIENT" || die "could not make the $CLIENT client ready"
            echo "$stamp $HOME_OF_CLIENT" >"$HOME_OF_CLIENT/ready"
        fi
        exec 9>&-
    fi
    command_of "$CLIENT" "$HOME_OF_CLIENT"
}

if [ $# -gt 0 ]; then
    provide "$1"
else
    for client in python go node java python-tools java-tools node-tools rails-tools; do
        (provide "$client" >/dev/null) || {
            code=$?
            [ $code = $MISSING ] || exit $code
        }
    done
fi
