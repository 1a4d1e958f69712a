package storage

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"policypush/internal/domain"
)

// SetMail keeps where an operator learns what waits on their desk, or nothing
// of it. SaveOperator leaves it as it is.
func (s *Store) SetMail(ctx context.Context, id domain.OperatorID, address string) error {
	sealed, key := []byte{}, ""
	if address != "" {
		sealed, key = s.keys.Seal([]byte(address), mailContext(id)), s.keys.Current()
	}
	n, err := changed(ctx, s.write, `UPDATE operators SET mail = $2, sealed_with = $3 WHERE id = $1`, id, sealed, key)
	if err == nil && n == 0 {
		return domain.Errorf(domain.NotFound, noOperator)
	}
	return err
}

// rotateMail seals addresses of operators anew.
func (s *Store) rotateMail(ctx context.Context, batch int) (n int, err error) {
	find := `SELECT id, mail FROM operators WHERE sealed_with <> '' AND sealed_with <> $1 LIMIT $2` + s.dialect.forUpdate
	type old struct {
		id   domain.OperatorID
		mail []byte
	}
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		rows, err := list(ctx, tx, func(row scanner, o *old) error { return row.Scan(&o.id, &o.mail) }, find, s.keys.Current(), batch)
		if err != nil {
			return err
		}
		n = len(rows)
		for _, o := range rows {
			plain, err := s.keys.Open(o.mail, mailContext(o.id))
			if err != nil {
				return fmt.Errorf("operator %d: %w", o.id, err)
			}
			const update = `UPDATE operators SET mail = $2, sealed_with = $3 WHERE id = $1`
			if _, err := tx.ExecContext(ctx, update, o.id, s.keys.Seal(plain, mailContext(o.id)), s.keys.Current()); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// TellOfficer keeps that an operator is told of tasks now, all that they have,
// and returns those of which they were not told. What is no task any more is
// forgotten: should it become one again, they are told again. Of two processes
// at once one gets each task, and neither one of a question that has changed
// since it was looked at: it may have been answered.
func (s *Store) TellOfficer(ctx context.Context, id domain.OperatorID, all []domain.DeskTask) (fresh []domain.DeskTask, err error) {
	type told struct {
		question domain.QuestionID
		task     domain.Task
	}
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		fresh = nil
		known, err := list(ctx, tx, func(row scanner, t *told) error { return row.Scan(&t.question, &t.task) },
			`SELECT question_id, task FROM desk_told WHERE operator_id = $1`, id)
		if err != nil {
			return fmt.Errorf("read what an operator was told: %w", err)
		}
		for _, k := range known {
			if slices.ContainsFunc(all, func(t domain.DeskTask) bool { return told{t.Question, t.Task} == k }) {
				continue
			}
			if err := forgetTask(ctx, tx, id, k.question, k.task); err != nil {
				return err
			}
		}
		for _, t := range all {
			const q = `
				INSERT INTO desk_told (operator_id, question_id, task) SELECT $1, id, $3 FROM questions WHERE id = $2 AND version = $4
				ON CONFLICT DO NOTHING`
			n, err := changed(ctx, tx, q, id, t.Question, t.Task, t.Version)
			if err != nil {
				return fmt.Errorf("keep what an operator is told: %w", err)
			}
			if n > 0 {
				fresh = append(fresh, t)
			}
		}
		return nil
	})
	return fresh, err
}

// NotTold takes back that an operator was told of tasks: the mail did not go
// out.
func (s *Store) NotTold(ctx context.Context, id domain.OperatorID, tasks []domain.DeskTask) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		for _, t := range tasks {
			if err := forgetTask(ctx, tx, id, t.Question, t.Task); err != nil {
				return err
			}
		}
		return nil
	})
}

func forgetTask(ctx context.Context, tx *sql.Tx, id domain.OperatorID, question domain.QuestionID, task domain.Task) error {
	const q = `DELETE FROM desk_told WHERE operator_id = $1 AND question_id = $2 AND task = $3`
	if _, err := tx.ExecContext(ctx, q, id, question, task); err != nil {
		return fmt.Errorf("forget what an operator was told: %w", err)
	}
	return nil
}
