package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"modernc.org/sqlite"
)

// SQLite compiles a statement before it runs it, which for the many short ones
// of a batch costs more than running them. The PostgreSQL driver keeps what it
// has compiled with each connection; here the same is done for SQLite.

// maxStatements is how many compiled statements a connection keeps. The texts
// are few and of a few sizes each, see [batchSizes].
const maxStatements = 200

// openLite opens a pool of connections to an SQLite file that keep what they
// have compiled.
func openLite(dsn string) *sql.DB { return sql.OpenDB(liteConnector(dsn)) }

type liteConnector string

// Connect implements driver.Connector.
func (c liteConnector) Connect(context.Context) (driver.Conn, error) {
	inner, err := c.Driver().Open(string(c))
	if err != nil {
		return nil, err
	}
	return &liteConn{liteInner: inner.(liteInner), kept: map[string]*liteStmt{}}, nil
}

// Driver implements driver.Connector.
func (liteConnector) Driver() driver.Driver { return &sqlite.Driver{} }

// liteInner is what the connections of the driver can do and database/sql
// makes use of.
type liteInner interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

type liteConn struct {
	liteInner
	kept map[string]*liteStmt
}

// liteStmt is a compiled statement. While its rows are read it is busy: a
// second run of the same text compiles its own.
type liteStmt struct {
	driver.Stmt
	busy bool
}

// keep returns the compiled statement of a text, or nil if it is busy.
func (c *liteConn) keep(ctx context.Context, query string) (*liteStmt, error) {
	if s := c.kept[query]; s != nil {
		if s.busy {
			return nil, nil
		}
		return s, nil
	}
	if len(c.kept) >= maxStatements {
		for text, s := range c.kept {
			if s.busy {
				continue
			}
			delete(c.kept, text)
			if err := s.Close(); err != nil {
				return nil, err
			}
		}
	}
	compiled, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s := &liteStmt{Stmt: compiled}
	c.kept[query] = s
	return s, nil
}

// ExecContext implements driver.ExecerContext. A text without arguments may
// hold several statements and runs but once: it is not kept.
func (c *liteConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if len(args) == 0 {
		return c.liteInner.ExecContext(ctx, query, args)
	}
	s, err := c.keep(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.liteInner.ExecContext(ctx, query, args)
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

// QueryContext implements driver.QueryerContext.
func (c *liteConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.keep(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.liteInner.QueryContext(ctx, query, args)
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &liteRows{Rows: rows, of: s}, nil
}

// Close implements driver.Conn.
func (c *liteConn) Close() error {
	for text, s := range c.kept {
		delete(c.kept, text)
		_ = s.Close() // the connection ends with it
	}
	return c.liteInner.Close()
}

type liteRows struct {
	driver.Rows
	of *liteStmt
}

// Close implements driver.Rows.
func (r *liteRows) Close() error {
	r.of.busy = false
	return r.Rows.Close()
}
