package storagetest

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"policypush/internal/domain"
	"policypush/internal/storage"
)

// nobodys are the tables of which a row is about no person. A table that is new
// is listed here, or has columns that tell whose a row is, and then its rows go
// with the person.
var nobodys = map[string]string{
	"audit_entries":     "what officers did; an object is a number",
	"batches":           "deliveries together",
	"calendar_years":    "working days",
	"canaries":          "the office's own address",
	"channel_stops":     "channels",
	"corrections":       "what officers corrected in a policy",
	"counters":          "numbers given",
	"delivery_parts":    "where deliveries stand",
	"departures":        "sums of a day",
	"desk_told":         "officers and the numbers of questions, which go with the question",
	"gateway_counts":    "sums",
	"interpretations":   "of a policy",
	"leases":            "processes",
	"offices":           "",
	"operators":         "officers",
	"policies":          "",
	"policy_changes":    "",
	"print_batches":     "the sealed file goes, see dropsPrintedAddresses",
	"push_audiences":    "bare numbers, frozen with their hash",
	"push_counts":       "sums",
	"push_marks":        "sums",
	"push_pace":         "sums",
	"pushes":            "of a policy; the last number planned",
	"renders":           "public pages",
	"schema_migrations": "",
	"settings":          "",
	"statements":        "sums",
	"successions":       "policies",
}

// remain are the columns of rows about a person that stay when they are erased.
var remain = map[string][]string{
	"deliveries":      {"id", "subscriber_id", "contact_id"},
	"print_slips":     {"delivery_id"},
	"profile_changes": {"subscriber_id"},
	"stop_list":       {"blind"},
}

// somebody is a person with a row in every table that can be about one.
type somebody struct {
	*domain.Subscriber
	row      int64 // id of their rows where they have one
	blind    []byte
	delivery domain.DeliveryID
	words    string // stands wherever a text may stand
}

// schema returns the columns of each table with their types, in lower case.
func schema(t *testing.T, db *sql.DB, url string) map[string]map[string]string {
	t.Helper()
	q := `SELECT table_name, column_name, data_type FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name NOT IN (SELECT relname FROM pg_class WHERE relispartition)`
	if strings.HasPrefix(url, "sqlite:") {
		q = `SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c
			WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!'`
	}
	rows := got(db.QueryContext(t.Context(), q))(t)
	tables := map[string]map[string]string{}
	for rows.Next() {
		var table, column, kind string
		must(t, rows.Scan(&table, &column, &kind))
		if tables[table] == nil {
			tables[table] = map[string]string{}
		}
		tables[table][column] = strings.ToLower(kind)
	}
	must(t, errors.Join(rows.Err(), rows.Close()))
	return tables
}

// whose returns what a column holds in a row about somebody, or nil if it does
// not tell whose the row is.
func (p somebody) whose(column string) any {
	switch {
	case column == "subscriber_id":
		return p.ID
	case column == "contact_id" || column == "by_contact":
		return p.Contacts[0].ID
	case column == "delivery_id":
		return p.delivery
	case strings.HasSuffix(column, "blind"):
		return p.blind
	case strings.Contains(column, "mask"), column == "gateway_ref":
		return p.words
	}
	return nil
}

// fill writes a row about somebody into a table, with words of theirs in every
// text that says nothing else.
func (p somebody) fill(t *testing.T, db *sql.DB, table string, columns map[string]string) {
	t.Helper()
	known := map[string]any{
		"policy_id": 1, "push_id": 1, "question_id": p.row, "interpretation_id": nil, "id": p.row,
		"kind": "sms", "channel": "sms", "batch_id": 1, "from_seq": int64(p.ID), "until_seq": int64(p.ID), "seq": p.row, "letter": 1, "reason": "stopped",
	}
	names := slices.Sorted(maps.Keys(columns))
	values := make([]any, len(names))
	places := make([]string, len(names))
	for i, name := range names {
		places[i] = fmt.Sprintf("$%d", i+1)
		values[i] = p.whose(name)
		if v, ok := known[name]; values[i] == nil && ok {
			values[i] = v
			continue
		}
		if values[i] != nil {
			continue
		}
		switch kind := columns[name]; {
		case kind == "text":
			values[i] = p.words
		case kind == "boolean":
			values[i] = false
		case kind == "blob" || kind == "bytea":
			values[i] = []byte(p.words)
		default:
			values[i] = 0
		}
	}
	_, err := db.ExecContext(t.Context(), `INSERT INTO `+table+` (`+strings.Join(names, ", ")+`) VALUES (`+strings.Join(places, ", ")+`)`, values...)
	if err != nil {
		t.Fatalf("fill %s: %v", table, err)
	}
}

// traces returns how many columns of a table's rows name somebody.
func (p somebody) traces(t *testing.T, db *sql.DB, table string) map[string]int {
	t.Helper()
	rows := got(db.QueryContext(t.Context(), `SELECT * FROM `+table))(t)
	columns := got(rows.Columns())(t)
	found := map[string]int{}
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		must(t, rows.Scan(values...))
		for i, name := range columns {
			v := *values[i].(*any)
			text := fmt.Sprint(v)
			if raw, is := v.([]byte); is {
				text = string(raw)
			}
			id := name == "subscriber_id" || table == "subscribers" && name == "id"
			contact := name == "contact_id" || name == "by_contact" || table == "contacts" && name == "id"
			delivery := name == "delivery_id" || table == "deliveries" && name == "id"
			switch {
			case id && text == fmt.Sprint(int64(p.ID)),
				contact && text == fmt.Sprint(int64(p.Contacts[0].ID)),
				delivery && text == fmt.Sprint(int64(p.delivery)),
				strings.Contains(text, p.words), bytes.Contains([]byte(text), p.blind):
				found[name]++
			}
		}
	}
	must(t, errors.Join(rows.Err(), rows.Close()))
	return found
}

// erases holds that nothing names a person any more who was erased, whatever
// tables there are, and that of another person nothing is lost.
func erases(t *testing.T, url string) {
	s, ctx := open(t, url, Keys(t)), t.Context()
	db := raw(t, url)
	tables := schema(t, db, url)
	_, push := published(t, s, "稳岗返还办法")
	everybody := make([]somebody, 2)
	for i := range everybody {
		p := &everybody[i]
		p.words, p.row = fmt.Sprintf("某某人的话%d", i), int64(1001+i)
		p.Subscriber = person(i + 1)
		p.Name, p.ExternalID, p.Subscription.Keywords = p.words, p.words, []string{p.words}
		must(t, s.Subscribe(ctx, p.Subscriber, morning))
		must(t, db.QueryRowContext(ctx, `SELECT blind FROM contacts WHERE id = $1`, p.Contacts[0].ID).Scan(&p.blind))
		p.delivery = got(domain.NewDeliveryID(push.ID, p.ID, domain.SMS))(t)
	}
	planned(t, s, push.ID, waiting([]*domain.Subscriber{everybody[0].Subscriber, everybody[1].Subscriber}, 0))

	order := slices.Sorted(maps.Keys(tables))
	slices.SortStableFunc(order, func(a, b string) int { // what others refer to goes first
		first := func(table string) int { return slices.Index([]string{"questions"}, table) }
		return first(b) - first(a)
	})
	before := map[string]map[string]int{}
	for _, table := range order {
		if _, none := nobodys[table]; none {
			continue
		}
		for _, p := range everybody {
			switch table {
			case "subscribers", "contacts", "first_digests": // there already
			case "deliveries":
				_, err := db.ExecContext(ctx, `UPDATE deliveries SET gateway_ref = $2 WHERE subscriber_id = $1`, p.ID, p.words)
				must(t, err)
			default:
				p.fill(t, db, table, tables[table])
			}
			if len(p.traces(t, db, table)) == 0 {
				t.Errorf("nothing in table %s tells whose a row is: say in nobodys why", table)
			}
		}
		before[table] = everybody[1].traces(t, db, table)
	}
	if len(before) < 15 {
		t.Fatalf("only %d tables are about persons", len(before))
	}

	// What another says of the address of who is erased.
	said := somebody{Subscriber: everybody[1].Subscriber, row: 2000, blind: everybody[0].blind, words: everybody[0].words}
	for _, table := range []string{"joins", "people_changes"} {
		said.fill(t, db, table, tables[table])
	}

	must(t, s.DeleteSubscriber(ctx, everybody[0].ID, morning))
	for table := range tables {
		left := everybody[0].traces(t, db, table)
		for _, column := range remain[table] {
			delete(left, column)
		}
		if len(left) > 0 {
			t.Errorf("table %s still names who was erased: %v", table, left)
		}
		if after := everybody[1].traces(t, db, table); before[table] != nil && !maps.Equal(after, before[table]) {
			t.Errorf("table %s lost something of another person: %v, before %v", table, after, before[table])
		}
	}
}

// erasesWhatIsBeingSent: of a message that is with the gateway when its person is
// erased the outcome and the receipt are counted, and nothing else comes back.
func erasesWhatIsBeingSent(t *testing.T, url string) {
	s, ctx, db := open(t, url, Keys(t)), t.Context(), raw(t, url)
	all := people(t, s, 4) // the last stays
	_, push := published(t, s, "稳岗返还")
	claimed := sendBatch(t, s, planned(t, s, push.ID, waiting(all, 0))[0])
	for _, v := range all[:3] {
		must(t, s.DeleteSubscriber(ctx, v.ID, morning))
	}
	outcomes := make([]storage.Outcome, len(claimed))
	for i, o := range claimed {
		d := o.Deliveries[0]
		outcomes[i] = storage.Outcome{Delivery: d.ID, Claimed: d, State: domain.Accepted, GatewayRef: fmt.Sprint("ref", i), Gateway: "g", Note: o.Contact.Address, At: morning}
		must(t, s.SaveOutbox(ctx, storage.OutboxEntry{At: morning, Delivery: d.ID, Channel: domain.SMS, MaskedTo: o.Contact.Masked(), Body: "正文"}))
	}
	outcomes[1].State, outcomes[1].Reason, outcomes[1].NextAt = domain.Pending, domain.ReasonGatewayRetry, morning // to be tried again
	receipt := func(i int) storage.Receipt {
		return storage.Receipt{
			Channel: domain.SMS, GatewayRef: outcomes[i].GatewayRef, Address: all[i].Contacts[0].Address, State: domain.Delivered,
			At: morning, Note: all[i].Contacts[0].Address, Gateway: "g",
		}
	}
	early := receipt(2) // says only which message of ours it is about, and before the outcome
	early.Delivery, early.Address = claimed[2].Deliveries[0].ID, ""
	must(t, s.RecordReceipt(ctx, early))
	must(t, s.RecordOutcomes(ctx, outcomes))
	for i := range 2 {
		equal(t, "a receipt by number", domain.KindOf(s.RecordReceipt(ctx, receipt(i))), domain.NotFound)
		must(t, s.KeepReceipt(ctx, receipt(i)))
	}
	must(t, s.RecordReceipt(ctx, receipt(3)))

	for _, b := range got(s.DueBatches(ctx, morning, 10))(t) {
		for _, o := range sendBatch(t, s, b) {
			equal(t, "where it would go", o.Contact, domain.Contact{})
			equal(t, "consent", o.NoConsent, true)
			must(t, s.RecordOutcomes(ctx, []storage.Outcome{{
				Delivery: o.Deliveries[0].ID, Claimed: o.Deliveries[0], State: domain.Suppressed, Reason: domain.ReasonNoAddress, At: morning, NotTried: true,
			}}))
		}
	}
	for i, want := range []domain.DeliveryState{domain.Accepted, domain.Suppressed, domain.Delivered, domain.Delivered} {
		d := deliveryTo(t, s, push.ID, all[i].ID, domain.SMS)
		equal(t, fmt.Sprintf("state of %d", i), d.State, want)
		ref, steps := "", 0
		if i == 3 {
			ref, steps = "ref3", 2
		}
		equal(t, fmt.Sprintf("number of %d", i), d.GatewayRef, ref)
		equal(t, fmt.Sprintf("history of %d", i), len(got(s.DeliveryEvents(ctx, d.ID))(t)), steps)
	}
	n, byState := sum(t, s, push.ID)
	equal(t, "deliveries", n, 4)
	equal(t, "of them delivered", byState[domain.Delivered], 2)
	equal(t, "counters", len(got(s.CheckCounts(ctx, 0))(t)), 0)
	equal(t, "copies", len(outbox(t, s)), 1)
	for table, want := range map[string]int{"early_receipts": 0, "contacts": 2} {
		var rows int
		must(t, db.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+table).Scan(&rows))
		equal(t, "rows of "+table, rows, want)
	}
}
