// The checks of the integration tests, with go-sql-driver/mysql.
//
//	check HOST PORT USER PASSWORD DATABASE BASE_ID VARIANT
//
// Works on the table client_check, on ids from BASE_ID on. VARIANT: plain, tls, or text (parameters put into the text
// by the driver, in place of prepared statements). Prints one line of JSON: the outcome of each check.
package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

var checks = map[string]string{}

func check(name string, run func() error) {
	if err := run(); err != nil {
		checks[name] = err.Error()
	} else {
		checks[name] = "ok"
	}
}

func same(got, want any) error {
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Errorf("got %v, not %v", got, want)
	}
	return nil
}

func errno(err error, number uint16, state string) error {
	var mine *mysql.MySQLError
	if !errors.As(err, &mine) {
		return fmt.Errorf("not MySQL's error: %v", err)
	}
	return same(fmt.Sprint(mine.Number, " ", string(mine.SQLState[:])), fmt.Sprint(number, " ", state))
}

func main() {
	arg := os.Args[1:]
	base, _ := strconv.ParseInt(arg[5], 10, 64)
	config := mysql.NewConfig()
	config.Net, config.Addr = "tcp", arg[0]+":"+arg[1]
	config.User, config.Passwd, config.DBName = arg[2], arg[3], arg[4]
	config.ParseTime = true
	config.Timeout, config.ReadTimeout = 20*time.Second, 60*time.Second
	switch arg[6] {
	case "tls":
		config.TLSConfig = "skip-verify"
	case "text":
		config.InterpolateParams = true
	}
	db, err := sql.Open("mysql", config.FormatDSN())
	if err == nil {
		db.SetMaxOpenConns(1)
		err = db.Ping()
	}
	var version string
	check("connect", func() error { return err })
	if err == nil {
		run(db, base, &version)
	}
	line, _ := json.Marshal(map[string]any{"client": "go-sql-driver/mysql 1.8.1", "server": version, "checks": checks})
	fmt.Println(string(line))
}

func run(db *sql.DB, base int64, version *string) {
	text := "Zoë 太郎 😀 'quoted' \"double\" back\\slash"
	blob := make([]byte, 256)
	for i := range blob {
		blob[i] = byte(i)
	}
	born := time.Date(1815, 12, 10, 0, 0, 0, 0, time.UTC)
	seen := time.Date(2024, 2, 29, 23, 59, 58, 123456000, time.UTC)
	const insert = "INSERT INTO client_check (id, name, amount, born, seen, data, ratio, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
	const one = "SELECT name, amount, born, seen, data, ratio, note FROM client_check WHERE id = ?"
	note := func(id int64) (value sql.NullString, err error) {
		err = db.QueryRow("SELECT note FROM client_check WHERE id = ?", id).Scan(&value)
		return
	}

	check("text_query", func() error { return db.QueryRow("SELECT VERSION()").Scan(version) })
	check("insert", func() error {
		for id := base; id < base+10; id++ {
			if _, err := db.Exec(fmt.Sprintf("DELETE FROM client_check WHERE id = %d", id)); err != nil {
				return err
			}
		}
		result, err := db.Exec(fmt.Sprintf("INSERT INTO client_check (id, name) VALUES (%d, 'text')", base))
		if err != nil {
			return err
		}
		affected, _ := result.RowsAffected()
		return same(affected, 1)
	})
	check("prepared_insert", func() error {
		_, err := db.Exec(insert, base+1, text, "-12345678901234.5678", born, seen, blob, 0.1, nil)
		return err
	})
	var row struct {
		name, amount string
		born, seen   time.Time
		data         []byte
		ratio        float64
		note         sql.NullString
	}
	check("prepared_select", func() error {
		return db.QueryRow(one, base+1).Scan(&row.name, &row.amount, &row.born, &row.seen, &row.data, &row.ratio, &row.note)
	})
	check("null", func() error { return same(row.note.Valid, false) })
	check("decimal", func() error { return same(row.amount, "-12345678901234.5678") })
	check("date", func() error { return same(row.born, born) })
	check("datetime", func() error { return same(row.seen, seen) })
	check("utf8", func() error { return same(row.name, text) })
	check("binary", func() error { return same(bytes.Equal(row.data, blob), true) })
	check("double", func() error { return same(row.ratio, 0.1) })
	check("multi_row", func() error {
		values, args := []string{}, []any{}
		for id := base + 2; id < base+7; id++ {
			values, args = append(values, "(?, ?)"), append(args, id, fmt.Sprint("row ", id-base))
		}
		result, err := db.Exec("INSERT INTO client_check (id, name) VALUES "+strings.Join(values, ", "), args...)
		if err != nil {
			return err
		}
		if affected, _ := result.RowsAffected(); affected != 5 {
			return same(affected, 5)
		}
		rows, err := db.Query("SELECT id, name FROM client_check WHERE id IN (?, ?, ?, ?, ?) ORDER BY id DESC",
			base+2, base+3, base+4, base+5, base+6)
		if err != nil {
			return err
		}
		defer rows.Close()
		var seen []string
		for rows.Next() {
			var id int64
			var name string
			if err := rows.Scan(&id, &name); err != nil {
				return err
			}
			seen = append(seen, fmt.Sprint(id-base, " ", name))
		}
		if rows.Err() != nil {
			return rows.Err()
		}
		return same(seen, []string{"6 row 6", "5 row 5", "4 row 4", "3 row 3", "2 row 2"})
	})
	check("affected_rows", func() error {
		result, err := db.Exec("UPDATE client_check SET name = 'changed' WHERE id = ?", base)
		if err != nil {
			return err
		}
		affected, _ := result.RowsAffected()
		return same(affected, 1)
	})
	check("commit", func() error {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		if _, err = tx.Exec("UPDATE client_check SET note = 'kept' WHERE id = ?", base); err != nil {
			tx.Rollback()
			return err
		}
		if err = tx.Commit(); err != nil {
			return err
		}
		value, err := note(base)
		if err != nil {
			return err
		}
		return same(value.String, "kept")
	})
	check("rollback", func() error {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		if _, err = tx.Exec("UPDATE client_check SET note = 'gone' WHERE id = ?", base); err != nil {
			tx.Rollback()
			return err
		}
		if err = tx.Rollback(); err != nil {
			return err
		}
		value, err := note(base)
		if err != nil {
			return err
		}
		return same(value.String, "kept")
	})
	check("duplicate_key_error", func() error {
		_, err := db.Exec("INSERT INTO client_check (id, name) VALUES (?, 'again')", base)
		return errno(err, 1062, "23000")
	})
	check("unknown_table_error", func() error {
		_, err := db.Exec("SELECT * FROM no_such_table")
		return errno(err, 1146, "42S02")
	})
	check("syntax_error", func() error {
		_, err := db.Exec("SELEKT 1")
		return errno(err, 1064, "42000")
	})
	check("after_error", func() error {
		var name string
		if err := db.QueryRow("SELECT name FROM client_check WHERE id = ?", base).Scan(&name); err != nil {
			return err
		}
		return same(name, "changed")
	})
	check("big_value", func() error {
		big := strings.Repeat("0123456789abcdef", 70000)
		if _, err := db.Exec("INSERT INTO client_check (id, name, note) VALUES (?, 'big', ?)", base+7, big); err != nil {
			return err
		}
		value, err := note(base + 7)
		if err != nil {
			return err
		}
		return same(value.String == big, true)
	})
}
