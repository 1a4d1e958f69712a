package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"policypush/internal/domain"
)

// notFound turns the absence of a row into an error for people.
func notFound(err error, format string, args ...any) error {
	if errors.Is(err, sql.ErrNoRows) {
		return domain.Errorf(domain.NotFound, format, args...)
	}
	return err
}

// SaveOffice inserts an office whose ID is 0, and sets it, or updates one.
func (s *Store) SaveOffice(ctx context.Context, o *domain.Office) error {
	if o.ID == 0 {
		const q = `
			INSERT INTO offices (name, signature, region, phone, demo) VALUES ($1, $2, $3, $4, $5) RETURNING id`
		if err := s.write.QueryRowContext(ctx, q, o.Name, o.Signature, o.Region, o.Phone, o.Demo).Scan(&o.ID); err != nil {
			return fmt.Errorf("insert office: %w", err)
		}
		return nil
	}
	const q = `UPDATE offices SET name = $2, signature = $3, region = $4, phone = $5, demo = $6 WHERE id = $1`
	n, err := changed(ctx, s.write, q, o.ID, o.Name, o.Signature, o.Region, o.Phone, o.Demo)
	if err == nil && n == 0 {
		return domain.Errorf(domain.NotFound, noOffice)
	}
	return err
}

const officeColumns = `id, name, signature, region, phone, demo`

func scanOffice(row scanner, o *domain.Office) error {
	return row.Scan(&o.ID, &o.Name, &o.Signature, &o.Region, &o.Phone, &o.Demo)
}

// Office returns an office, or NotFound.
func (s *Store) Office(ctx context.Context, id domain.OfficeID) (domain.Office, error) {
	var o domain.Office
	err := scanOffice(s.read.QueryRowContext(ctx, `SELECT `+officeColumns+` FROM offices WHERE id = $1`, id), &o)
	return o, notFound(err, noOffice)
}

// Offices returns every office, oldest first.
func (s *Store) Offices(ctx context.Context) ([]domain.Office, error) {
	return list(ctx, s.read, scanOffice, `SELECT `+officeColumns+` FROM offices ORDER BY id`)
}

// SaveOperator inserts an operator whose ID is 0, and sets it, or updates one,
// all but the address of SetMail. It fails with Conflict if another operator has
// the login.
func (s *Store) SaveOperator(ctx context.Context, o *domain.Operator) error {
	var n int
	var err error
	if o.ID == 0 {
		const q = `
			INSERT INTO operators (office_id, login, name, roles, password_hash, disabled, demo)
			VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`
		n, err = 1, s.write.QueryRowContext(ctx, q,
			o.Office, o.Login, o.Name, asJSON(&o.Roles), o.PasswordHash, o.Disabled, o.Demo).Scan(&o.ID)
	} else {
		const q = `
			UPDATE operators
			SET office_id = $2, login = $3, name = $4, roles = $5, password_hash = $6, disabled = $7, demo = $8
			WHERE id = $1`
		n, err = changed(ctx, s.write, q,
			o.ID, o.Office, o.Login, o.Name, asJSON(&o.Roles), o.PasswordHash, o.Disabled, o.Demo)
	}
	switch {
	case isTaken(err):
		return domain.Errorf(domain.Conflict, "登录名“%s”已被使用，请换一个", o.Login).In("登录名")
	case err != nil:
		return fmt.Errorf("save operator: %w", err)
	case n == 0:
		return domain.Errorf(domain.NotFound, noOperator)
	}
	return nil
}

const operatorColumns = `id, office_id, login, name, roles, password_hash, mail, disabled, demo`

// mailContext binds a sealed address to its operator.
func mailContext(id domain.OperatorID) []byte {
	return []byte("operators.mail/" + strconv.FormatInt(int64(id), 10))
}

func (s *Store) scanOperator(row scanner, o *domain.Operator) error {
	var sealed []byte
	err := row.Scan(&o.ID, &o.Office, &o.Login, &o.Name, asJSON(&o.Roles), &o.PasswordHash, &sealed, &o.Disabled, &o.Demo)
	if err != nil || len(sealed) == 0 {
		return err
	}
	plain, err := s.keys.Open(sealed, mailContext(o.ID))
	o.Mail = string(plain)
	return err
}

// Operator returns an operator, or NotFound.
func (s *Store) Operator(ctx context.Context, id domain.OperatorID) (domain.Operator, error) {
	var o domain.Operator
	err := s.scanOperator(s.read.QueryRowContext(ctx, `SELECT `+operatorColumns+` FROM operators WHERE id = $1`, id), &o)
	return o, notFound(err, noOperator)
}

// OperatorByLogin returns the operator with a login, or NotFound.
func (s *Store) OperatorByLogin(ctx context.Context, login string) (domain.Operator, error) {
	var o domain.Operator
	err := s.scanOperator(s.read.QueryRowContext(ctx, `SELECT `+operatorColumns+` FROM operators WHERE login = $1`, login), &o)
	return o, notFound(err, "没有登录名为“%s”的账号", login)
}

// Operators returns every operator, oldest first.
func (s *Store) Operators(ctx context.Context) ([]domain.Operator, error) {
	return list(ctx, s.read, s.scanOperator, `SELECT `+operatorColumns+` FROM operators ORDER BY id`)
}
