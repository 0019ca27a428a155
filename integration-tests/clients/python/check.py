"""The checks of the integration tests, with PyMySQL.

    check.py HOST PORT USER PASSWORD DATABASE BASE_ID VARIANT

Works on the table client_check, on ids from BASE_ID on. VARIANT: plain or tls. (PyMySQL has no prepared statements: it
puts parameters into the text.) Prints one line of JSON: the outcome of each check.
"""

import datetime
import decimal
import json
import ssl
import sys

import pymysql

host, port, user, password, database, base, variant = sys.argv[1:8]
base = int(base)
checks = {}
server = ""


def check(name, body):
    try:
        body()
        checks[name] = "ok"
    except Exception as error:
        checks[name] = f"{type(error).__name__}: {error}"


def same(got, want):
    if got != want:
        raise AssertionError(f"got {got!r}, not {want!r}")


def main():
    connection = None

    def connect():
        nonlocal connection
        context = None
        if variant == "tls":
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        connection = pymysql.connect(
            host=host,
            port=int(port),
            user=user,
            password=password,
            database=database,
            ssl=context,
            ssl_disabled=variant != "tls",
            autocommit=True,
            connect_timeout=20,
            read_timeout=60,
        )

    check("connect", connect)
    if connection:
        run(connection)
        connection.close()
    print(json.dumps({"client": f"PyMySQL {pymysql.__version__}", "server": server, "checks": checks}))


def run(connection):
    text = "Zoë 太郎 😀 'quoted' \"double\" back\\slash"
    blob = bytes(range(256))
    born = datetime.date(1815, 12, 10)
    seen = datetime.datetime(2024, 2, 29, 23, 59, 58, 123456)
    cursor = connection.cursor()
    row = [None] * 7

    def one(sql, *parameters):
        cursor.execute(sql, parameters)
        rows = cursor.fetchall()
        same(len(rows), 1)
        return rows[0]

    def note(number):
        return one("SELECT note FROM client_check WHERE id = %s", number)[0]

    def fails(errno, sql, *parameters):
        try:
            cursor.execute(sql, parameters)
        except pymysql.MySQLError as error:
            same(error.args[0], errno)
            return
        raise AssertionError("no error")

    def text_query():
        global server
        server = one("SELECT VERSION()")[0]

    def insert():
        for number in range(base, base + 10):
            cursor.execute(f"DELETE FROM client_check WHERE id = {number}")
        same(cursor.execute(f"INSERT INTO client_check (id, name) VALUES ({base}, 'text')"), 1)

    def prepared_insert():
        cursor.execute(
            "INSERT INTO client_check (id, name, amount, born, seen, data, ratio, note)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (base + 1, text, decimal.Decimal("-12345678901234.5678"), born, seen, blob, 0.1, None),
        )

    def prepared_select():
        row[:] = one(
            "SELECT name, amount, born, seen, data, ratio, note FROM client_check WHERE id = %s", base + 1
        )

    def multi_row():
        numbers = range(base + 2, base + 7)
        rows = [(number, f"row {number - base}") for number in numbers]
        same(cursor.executemany("INSERT INTO client_check (id, name) VALUES (%s, %s)", rows), 5)
        cursor.execute("SELECT id, name FROM client_check WHERE id IN %s ORDER BY id DESC", (list(numbers),))
        same(list(cursor.fetchall()), rows[::-1])

    def affected_rows():
        same(cursor.execute("UPDATE client_check SET name = 'changed' WHERE id = %s", (base,)), 1)

    def commit():
        connection.begin()
        cursor.execute("UPDATE client_check SET note = 'kept' WHERE id = %s", (base,))
        connection.commit()
        same(note(base), "kept")

    def rollback():
        connection.begin()
        cursor.execute("UPDATE client_check SET note = 'gone' WHERE id = %s", (base,))
        connection.rollback()
        same(note(base), "kept")

    def big_value():
        big = "0123456789abcdef" * 70000
        cursor.execute("INSERT INTO client_check (id, name, note) VALUES (%s, 'big', %s)", (base + 7, big))
        same(note(base + 7) == big, True)

    check("text_query", text_query)
    check("insert", insert)
    check("prepared_insert", prepared_insert)
    check("prepared_select", prepared_select)
    check("null", lambda: same(row[6], None))
    check("decimal", lambda: same(row[1], decimal.Decimal("-12345678901234.5678")))
    check("date", lambda: same(row[2], born))
    check("datetime", lambda: same(row[3], seen))
    check("utf8", lambda: same(row[0], text))
    check("binary", lambda: same(row[4], blob))
    check("double", lambda: same(row[5], 0.1))
    check("multi_row", multi_row)
    check("affected_rows", affected_rows)
    check("commit", commit)
    check("rollback", rollback)
    check("duplicate_key_error", lambda: fails(1062, "INSERT INTO client_check (id, name) VALUES (%s, 'again')", base))
    check("unknown_table_error", lambda: fails(1146, "SELECT * FROM no_such_table"))
    check("syntax_error", lambda: fails(1064, "SELEKT 1"))
    check("after_error", lambda: same(one("SELECT name FROM client_check WHERE id = %s", base)[0], "changed"))
    check("big_value", big_value)


main()
