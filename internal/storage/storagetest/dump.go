package storagetest

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"testing"
)

// dumpTable returns everything that stands in a table.
func dumpTable(t testing.TB, db *sql.DB, table string) []byte {
	t.Helper()
	rows := got(db.QueryContext(t.Context(), `SELECT * FROM `+table))(t)
	columns := got(rows.Columns())(t)
	var out bytes.Buffer
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = &sql.RawBytes{}
		}
		must(t, rows.Scan(values...))
		for _, v := range values {
			fmt.Fprintf(&out, "%s\n", *v.(*sql.RawBytes))
		}
	}
	must(t, errors.Join(rows.Err(), rows.Close()))
	return out.Bytes()
}
