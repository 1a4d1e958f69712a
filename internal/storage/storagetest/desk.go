package storagetest

import (
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"policypush/internal/domain"
	"policypush/internal/seal"
	"policypush/internal/storage"
)

func tellsOfficers(t *testing.T, url string) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "keys")
	s := open(t, url, got(seal.Generate(path, seal.AES))(t))
	p := approved(t, s, "稳岗返还")
	lin := domain.Operator{Office: p.Office, Login: "lin-desk", Name: "林晓", Roles: []domain.Role{domain.Drafter}, PasswordHash: "x"}
	must(t, s.SaveOperator(ctx, &lin))

	must(t, s.SetMail(ctx, lin.ID, "lin@gov.example"))
	lin.Name = "林小晓"
	must(t, s.SaveOperator(ctx, &lin)) // leaves the address as it is
	equal(t, "address", got(s.Operator(ctx, lin.ID))(t).Mail, "lin@gov.example")
	wantKind(t, s.SetMail(ctx, 9999, "x@gov.example"), domain.NotFound)
	newer := open(t, url, got(seal.Extend(path, seal.SM4))(t))
	var sealed int
	must(t, newer.RotateKeys(ctx, 7, func(done int) { sealed = done }))
	equal(t, "sealed anew", sealed, 1)
	equal(t, "address under a new key", got(newer.OperatorByLogin(ctx, "lin-desk"))(t).Mail, "lin@gov.example")
	must(t, newer.RotateKeys(ctx, 7, func(int) { t.Error("sealed anew a second time") }))

	task := func(q *domain.Question, what domain.Task) domain.DeskTask {
		return domain.DeskTask{Question: q.ID, Version: q.Version, Task: what, Due: q.DueAt}
	}
	first, second := asked(t, s, p, 7, "desk 1"), asked(t, s, p, 8, "desk 2")
	both := []domain.DeskTask{task(first, domain.TaskAnswer), task(second, domain.TaskAnswer)}
	// Of two processes at once one tells each task.
	var wg sync.WaitGroup
	told, errs := make([][]domain.DeskTask, 4), make([]error, 4)
	for i := range told {
		wg.Go(func() { told[i], errs[i] = []*storage.Store{s, newer}[i%2].TellOfficer(ctx, lin.ID, both) })
	}
	wg.Wait()
	n := 0
	for i := range told {
		must(t, errs[i])
		n += len(told[i])
	}
	equal(t, "told at once by several", n, 2)
	due := []domain.DeskTask{task(first, domain.TaskDue), task(second, domain.TaskAnswer)}
	if fresh := got(s.TellOfficer(ctx, lin.ID, due))(t); !reflect.DeepEqual(fresh, due[:1]) {
		t.Fatalf("told %+v, want what is new", fresh)
	}
	equal(t, "told before it was something else", len(got(s.TellOfficer(ctx, lin.ID, both))(t)), 1)
	must(t, s.NotTold(ctx, lin.ID, both[:1]))
	equal(t, "told again of what did not go out", len(got(s.TellOfficer(ctx, lin.ID, both))(t)), 1)
	equal(t, "another is told for themselves", len(got(s.TellOfficer(ctx, lin.ID+1000, nil))(t)), 0)
	equal(t, "nothing to do", len(got(s.TellOfficer(ctx, lin.ID, nil))(t)), 0)
	equal(t, "told when it is to be done again", len(got(s.TellOfficer(ctx, lin.ID, both))(t)), 2)
	equal(t, "nothing to do once more", len(got(s.TellOfficer(ctx, lin.ID, nil))(t)), 0)
	must(t, s.SaveQuestion(ctx, first)) // it was answered meanwhile, say; both is older
	if fresh := got(s.TellOfficer(ctx, lin.ID, both))(t); !reflect.DeepEqual(fresh, both[1:]) {
		t.Fatalf("told %+v, want what has not changed", fresh)
	}

	must(t, s.SetMail(ctx, lin.ID, ""))
	equal(t, "no address", got(s.Operator(ctx, lin.ID))(t).Mail, "")
}
