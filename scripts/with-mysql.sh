#!/usr/bin/env bash
# Runs a command with a MySQL server of its own: SHARDGATE_TEST_MYSQL is host:port, user root, no password.
# Usage: scripts/with-mysql.sh COMMAND [ARGUMENT...]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$("$here/mysql.sh")
folder=$(mktemp -d "${TMPDIR:-/tmp}/shardgate-mysql.XXXXXX")
server=
stop() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap stop EXIT
as_root=()
[ "$(id -u)" -ne 0 ] || as_root=(--user=root)
common=(--no-defaults --datadir="$folder/data" --loose-mysqlx=OFF --secure-file-priv=NULL --skip-log-bin "${as_root[@]}")
"$bin/mysqld" "${common[@]}" --initialize-insecure --log-error="$folder/init.log" || { cat "$folder/init.log" >&2; exit 1; }
printf '%s\n' "CREATE USER root@'127.0.0.1'; GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;" > "$folder/init.sql"
for attempt in 1 2 3 4 5; do
    port=$((20000 + (RANDOM % 10000)))
    "$bin/mysqld" "${common[@]}" --bind-address=127.0.0.1 --port="$port" --socket="$folder/s" --pid-file="$folder/pid" \
        --log-error="$folder/error.log" --skip-name-resolve --init-file="$folder/init.sql" \
        --local-infile=ON --innodb-flush-log-at-trx-commit=2 &
    server=$!
    for _ in $(seq 300); do
        if "$bin/mysql" --no-defaults --protocol=tcp -h127.0.0.1 -P"$port" -uroot -e 'SELECT 1' >/dev/null 2>&1; then
            SHARDGATE_TEST_MYSQL=127.0.0.1:$port "$@"
            exit
        fi
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    # The port may be taken: another one.
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=
    echo "MySQL didn't start on port $port (attempt $attempt)" >&2
done
tail -n 20 "$folder/error.log" >&2
exit 1
