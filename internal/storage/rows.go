package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// querier is a pool or a transaction.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// scanner reads the columns of one row, of *sql.Row or *sql.Rows.
type scanner interface {
	Scan(dest ...any) error
}

// each calls fn for every row of a query. It is the one place that walks rows:
// it closes them and reports what broke the walk.
func each(ctx context.Context, q querier, fn func(scanner) error, query string, args ...any) (err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// list reads every row of a query into a slice.
func list[T any](ctx context.Context, q querier, scan func(scanner, *T) error, query string, args ...any) ([]T, error) {
	var all []T
	err := each(ctx, q, func(row scanner) error {
		var one T
		if err := scan(row, &one); err != nil {
			return err
		}
		all = append(all, one)
		return nil
	}, query, args...)
	return all, err
}

// one reads a row's single value.
func one[T any](row scanner, v *T) error { return row.Scan(v) }

// counter reads the counter of a name.
func counter(ctx context.Context, q querier, name string) (int64, error) {
	var n int64
	err := q.QueryRowContext(ctx, `SELECT value FROM counters WHERE name = $1`, name).Scan(&n)
	return n, err
}

// changed runs a statement and returns how many rows it changed.
func changed(ctx context.Context, q querier, query string, args ...any) (int, error) {
	result, err := q.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// batchSizes are the numbers of rows or ids that one statement takes. A few
// fixed sizes keep the number of different statements, which PostgreSQL
// prepares and keeps, small.
var batchSizes = []int{500, 100, 50, 10, 1}

// insertRows inserts n rows of a fixed width in as few statements as may be.
// Head ends before VALUES; tail follows the rows.
func (d dialect) insertRows(ctx context.Context, tx querier, head, tail string, n int, row func(i int) []any) error {
	if d.arrays && n > 0 {
		types, columns, err := transpose(n, row)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, head+" SELECT * FROM "+unnest(types)+tail, columns...)
		return err
	}
	done := 0
	for _, size := range batchSizes {
		if n-done < size {
			continue
		}
		width := len(row(done))
		q := head + " VALUES " + d.tuples(size, width) + tail
		args := make([]any, 0, size*width)
		for ; n-done >= size; done += size {
			args = args[:0]
			for i := range size {
				args = append(args, row(done+i)...)
			}
			if _, err := tx.ExecContext(ctx, q, args...); err != nil {
				return err
			}
		}
	}
	return nil
}

// with begins a statement that knows n rows by a name, with a name for each
// column: "WITH o (id, state) AS (…)". N is at most batchSizes[0].
func (d dialect) with(name string, n int, row func(i int) []any) (clause string, args []any, err error) {
	if d.arrays {
		types, columns, err := transpose(n, row)
		return "WITH " + name + " AS (SELECT * FROM " + unnest(types) + ")", columns, err
	}
	width := 0
	for i := range n {
		values := row(i)
		width = len(values)
		args = append(args, values...)
	}
	return "WITH " + name + " AS (VALUES " + d.tuples(n, width) + ")", args, nil
}

// unnest writes what makes rows of parameters that are arrays: one statement
// for any number of rows, which PostgreSQL parses and plans once.
func unnest(types []string) string {
	var b strings.Builder
	for i, t := range types {
		fmt.Fprintf(&b, ", $%d::%s[]", i+1, t)
	}
	return "unnest(" + strings.TrimPrefix(b.String(), ", ") + ")"
}

// transpose makes of rows an array for each column, whose type is that of its
// first value.
func transpose(n int, row func(i int) []any) (types []string, columns []any, err error) {
	for i := range n {
		values := row(i)
		if i == 0 {
			types, columns = make([]string, len(values)), make([]any, len(values))
		}
		for k, v := range values {
			if valuer, ok := v.(driver.Valuer); ok {
				if v, err = valuer.Value(); err != nil {
					return nil, nil, err
				}
			}
			switch v := reflect.ValueOf(v); v.Kind() {
			case reflect.Int, reflect.Int64:
				types[k], columns[k] = "BIGINT", grown(columns[k], v.Int(), n)
			case reflect.String:
				types[k], columns[k] = "TEXT", grown(columns[k], v.String(), n)
			case reflect.Bool:
				types[k], columns[k] = "BOOLEAN", grown(columns[k], v.Bool(), n)
			case reflect.Slice:
				types[k], columns[k] = "BYTEA", grown(columns[k], v.Bytes(), n)
			default:
				return nil, nil, fmt.Errorf("column %d of rows is %s", k, v.Kind())
			}
		}
	}
	return types, columns, nil
}

// grown appends a value to a column of n.
func grown[T any](column any, v T, n int) []T {
	all, ok := column.([]T)
	if !ok {
		all = make([]T, 0, n)
	}
	return append(all, v)
}

// tuples writes "($1,$2),($3,$4)" for two rows of two.
func (d dialect) tuples(rows, width int) string {
	var b strings.Builder
	b.Grow(rows * width * 6)
	for r := range rows {
		if r > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		b.WriteString(d.places(r*width+1, width))
		b.WriteByte(')')
	}
	return b.String()
}

// places writes "$3,$4" for two parameters from the third on. SQLite looks for
// the name of each among all others, which is slow for many: there it writes
// "?,?", which counts on from the last parameter of the text before.
func (d dialect) places(from, n int) string {
	if !d.named && n > 0 {
		return strings.Repeat("?,", n-1) + "?"
	}
	return places(from, n)
}

// places writes "$3,$4" for two parameters from the third on.
func places(from, n int) string {
	var b []byte
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '$')
		b = strconv.AppendInt(b, int64(from+i), 10)
	}
	return string(b)
}

// chunks calls fn with parts of values whose length is one of a few sizes: the
// last part is filled up with its last value, which does no harm in IN (…).
func chunks[T any](values []T, fn func(part []any) error) error {
	for len(values) > 0 {
		n := min(len(values), batchSizes[0])
		size := batchSizes[0]
		for _, s := range batchSizes {
			if s >= n {
				size = s
			}
		}
		part := make([]any, size)
		for i := range part {
			part[i] = values[min(i, n-1)]
		}
		if err := fn(part); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// among writes the condition that a column holds one of some ids, the first of
// which is parameter at, and returns its arguments. Where a database takes
// arrays they are one, and one plan serves any number of ids.
func (d dialect) among(column string, at int, ids []any) (condition string, args []any, err error) {
	if !d.arrays {
		return column + " IN (" + d.places(at, len(ids)) + ")", ids, nil
	}
	_, args, err = transpose(len(ids), func(i int) []any { return ids[i : i+1] })
	return column + " = ANY($" + strconv.Itoa(at) + "::BIGINT[])", args, err
}

// micros is how a time stands in the database: microseconds since 1970, UTC,
// and 0 for the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// timeInto scans what micros wrote.
func timeInto(t *time.Time) sql.Scanner { return timeScanner{t} }

type timeScanner struct{ t *time.Time }

// Scan implements sql.Scanner. NULL and 0 are the zero time.
func (s timeScanner) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*s.t = time.Time{}
	case int64:
		*s.t = time.Time{}
		if v != 0 {
			*s.t = time.UnixMicro(v).UTC()
		}
	default:
		return fmt.Errorf("time stands as %T, not as microseconds", src)
	}
	return nil
}

// asJSON writes and reads what v points to as JSON text.
func asJSON(v any) jsonColumn { return jsonColumn{v} }

type jsonColumn struct{ v any }

// Value implements driver.Valuer.
func (c jsonColumn) Value() (driver.Value, error) {
	data, err := json.Marshal(c.v)
	return string(data), err
}

// Scan implements sql.Scanner.
func (c jsonColumn) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(v), c.v)
	case []byte:
		return json.Unmarshal(v, c.v)
	default:
		return fmt.Errorf("JSON stands as %T, not as text", src)
	}
}
