package storage

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"policypush/internal/domain"
)

// copyDeliveries is insertDeliveries for very many of them, without the count:
// PostgreSQL's own way to load rows, into a table, in the transaction of its
// connection. The rows are written as it reads them: their columns are BIGINT and
// TEXT.
func copyDeliveries(ctx context.Context, conn *sql.Conn, table string, ds []domain.Delivery, now time.Time) error {
	rows := make([]byte, 0, 64+len(ds)*192)
	rows = append(rows, "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	for i := range ds {
		d := &ds[i]
		rows = binary.BigEndian.AppendUint16(rows, uint16(len(plannedColumns)))
		for _, v := range []int64{int64(d.ID), int64(d.Push), int64(d.Subscriber), int64(d.Contact)} {
			rows = loadNumber(rows, v)
		}
		rows = loadText(rows, string(d.Channel))
		rows = loadNumber(rows, int64(d.Batch))
		rows = loadText(rows, string(d.State))
		rows = loadText(rows, string(d.Reason))
		rows = loadText(rows, string(d.Verdict))
		rows = loadNumber(rows, micros(d.NextAt))
		rows = loadNumber(rows, plannedEnd(d, now))
	}
	rows = binary.BigEndian.AppendUint16(rows, 0xffff) // the end
	load := `COPY ` + table + ` (` + strings.Join(plannedColumns, ", ") + `) FROM STDIN BINARY`
	return conn.Raw(func(driver any) error {
		if _, err := driver.(*stdlib.Conn).Conn().PgConn().CopyFrom(ctx, bytes.NewReader(rows), load); err != nil {
			return fmt.Errorf("copy deliveries: %w", err)
		}
		return nil
	})
}

func loadNumber(rows []byte, v int64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(rows, 8), uint64(v))
}

func loadText(rows []byte, v string) []byte {
	return append(binary.BigEndian.AppendUint32(rows, uint32(len(v))), v...)
}
