package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"policypush/internal/auth"
	"policypush/internal/domain"
	"policypush/internal/storage"
	"policypush/rules"
)

// policyNames are the files under policies/, each a .txt with the document and
// a .json with its interpretations.
var policyNames = []string{"1-relief", "2-upgrade", "3-jobs", "4-elders", "5-startups", "6-families"}

// waiting is the policy that a visitor may approve and publish as the second
// person.
const waiting = "2-upgrade"

// Loader puts the demonstration into a database.
type Loader struct {
	Store *storage.Store
	Rules *rules.Rules // with those of Rules
	// Read understands a document as the console does.
	Read func(name string, data []byte) (*domain.Policy, error)
	Now  func() time.Time
}

// Load loads the demonstration if it is not there yet. What an interrupted run
// left is removed first. It fails with Conflict in a database that holds real
// offices or subscribers.
func (l *Loader) Load(ctx context.Context) error {
	office, there, err := l.office(ctx)
	if err != nil {
		return err
	}
	if there {
		_, policies, err := l.Store.Policies(ctx, storage.PolicyFilter{Office: office.ID, Limit: 1})
		if err != nil {
			return fmt.Errorf("count demonstration policies: %w", err)
		}
		if policies >= len(policyNames) {
			return nil
		}
		if err := l.Store.RemoveDemo(ctx); err != nil {
			return fmt.Errorf("remove half a demonstration: %w", err)
		}
	}
	if err := l.load(ctx); err != nil {
		return errors.Join(err, l.Store.RemoveDemo(context.WithoutCancel(ctx)))
	}
	return nil
}

// office finds the office of an earlier demonstration and refuses a database
// of real people.
func (l *Loader) office(ctx context.Context) (office domain.Office, there bool, err error) {
	offices, err := l.Store.Offices(ctx)
	if err != nil {
		return office, false, fmt.Errorf("list offices: %w", err)
	}
	for _, o := range offices {
		if o.Demo {
			return o, true, nil
		}
	}
	if len(offices) > 0 {
		return office, false, domain.Errorf(domain.Conflict, "这里已有真实单位“%s”，不能载入演示数据；请去掉 --demo，或用 --data 指定另一个空文件夹", offices[0].Name)
	}
	enterprises, residents, err := l.Store.CountSubscribers(ctx)
	if err != nil {
		return office, false, fmt.Errorf("count subscribers: %w", err)
	}
	if enterprises+residents > 0 {
		return office, false, domain.Errorf(domain.Conflict, "这里已有%d个订阅者，不能载入演示数据；请去掉 --demo，或用 --data 指定另一个空文件夹", enterprises+residents)
	}
	return office, false, nil
}

func (l *Loader) load(ctx context.Context) error {
	office := domain.Office{Name: OfficeName, Signature: "云川政策", Region: County, Phone: "0555-0000100", Demo: true}
	if err := l.Store.SaveOffice(ctx, &office); err != nil {
		return fmt.Errorf("save demonstration office: %w", err)
	}
	drafter := domain.Operator{Office: office.ID, Login: DrafterLogin, Name: "林晓", Roles: []domain.Role{domain.Drafter}, Demo: true}
	approver := domain.Operator{Office: office.ID, Login: ApproverLogin, Name: "周敏", Roles: []domain.Role{domain.Approver}, Demo: true}
	for _, o := range []*domain.Operator{&drafter, &approver} {
		hash, err := auth.HashPassword(Password)
		if err != nil {
			return fmt.Errorf("hash demonstration password: %w", err)
		}
		o.PasswordHash = hash
		if err := l.Store.SaveOperator(ctx, o); err != nil {
			return fmt.Errorf("save demonstration operator: %w", err)
		}
	}
	now := l.Now()
	if err := l.Store.SaveSubscribers(ctx, append(enterprises(l.Rules, now), residents(now)...)); err != nil {
		return fmt.Errorf("save demonstration subscribers: %w", err)
	}
	for _, name := range policyNames {
		if err := l.policy(ctx, name, office, drafter, approver); err != nil {
			return fmt.Errorf("load demonstration policy %s: %w", name, err)
		}
	}
	return nil
}

// policy takes one policy the way of every other: read by the machine,
// corrected by the drafter, interpreted, approved by a second person and
// published, so that its push is owed. The waiting one stops before the
// approval.
func (l *Loader) policy(ctx context.Context, name string, office domain.Office, drafter, approver domain.Operator) error {
	text, err := files.ReadFile("policies/" + name + ".txt")
	if err != nil {
		return err
	}
	review, err := reviewOf(name)
	if err != nil {
		return err
	}
	p, err := l.Read(name+".txt", text)
	if err != nil {
		return err
	}
	if err := review.confirm(p, l.Rules); err != nil {
		return err
	}
	now := l.Now()
	p.Office, p.DraftedBy, p.CreatedAt, p.Status, p.Contact = office.ID, drafter.ID, now, domain.Draft, office.Phone
	if err := l.Store.CreatePolicy(ctx, p); err != nil {
		return err
	}
	if err := p.Review(drafter, now); err != nil {
		return err
	}
	if err := l.Store.SavePolicy(ctx, p, domain.Draft); err != nil {
		return err
	}
	items, err := review.interpret(p)
	if err != nil {
		return err
	}
	for i := range items {
		it := &items[i]
		it.Author, it.CreatedAt = drafter.ID, now
		if _, err := it.Approve(approver, now); err != nil {
			return err
		}
		if err := l.Store.SaveInterpretation(ctx, it); err != nil {
			return err
		}
	}
	if name == waiting {
		return nil
	}
	if err := p.Approve(approver, now); err != nil {
		return err
	}
	if err := l.Store.SavePolicy(ctx, p, domain.Reviewed); err != nil {
		return err
	}
	if err := p.Publish(drafter, true, l.Rules.MustInterpret(p.DocKind), now); err != nil {
		return err
	}
	return l.Store.PublishPolicy(ctx, p, &domain.Push{
		Policy: p.ID, Version: p.Version, Kind: domain.NewPolicy, State: domain.PushOwed, CreatedBy: drafter.ID, CreatedAt: now, Title: p.Title,
		IncludePossible: review.Possible,
	})
}
