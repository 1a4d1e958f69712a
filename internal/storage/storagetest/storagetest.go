// Package storagetest is the exam that storage passes on every database, and
// a store for the tests of others.
package storagetest

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/seal"
	"policypush/internal/storage"
)

// Open returns a migrated store in an SQLite file of its own.
func Open(t testing.TB) *storage.Store {
	t.Helper()
	return open(t, SQLite(t), Keys(t))
}

// Keys returns a keyring of its own.
func Keys(t testing.TB) *seal.Keyring {
	t.Helper()
	keys, err := seal.Generate(filepath.Join(t.TempDir(), "keys"), seal.AES)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func open(t testing.TB, url string, keys *seal.Keyring) *storage.Store {
	t.Helper()
	s, err := storage.Open(t.Context(), url, keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// raw opens the database beside the store.
func raw(t testing.TB, url string) *sql.DB {
	t.Helper()
	driver, source := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, source = "sqlite", path
	}
	db, err := sql.Open(driver, source)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

// Run holds the exam. Empty returns the URL of a new database, with returns that
// of one that has every table.
func Run(t *testing.T, empty, with func(t *testing.T) string) {
	for name, test := range map[string]func(t *testing.T, url string){
		"migrations run once, also when two processes start":                       migratesOnce,
		"a database of a newer release is refused":                                 refusesNewer,
		"questions of before they had a clock are kept by the migration":           migratesQuestions,
		"notices of before they were of a question and answer too are kept":        migratesNotices,
		"what askers said before is counted":                                       migratesSaid,
		"policies of before have all their last days to apply":                     migratesDeadlines,
		"pushes of before each had to have a policy are kept, with their audience": migratesPushes,
		"a digest that went out before its message was kept is one message":        migratesMessages,
		"marks of before they were counted by channel are kept and counted":        migratesMarks,
	} {
		t.Run(name, func(t *testing.T) { test(t, empty(t)) })
	}
	for name, test := range map[string]func(t *testing.T, url string){
		"a transaction that panics gives its connection back":                   survivesPanics,
		"offices and operators are kept, logins are unique":                     keepsOperators,
		"a page that is wanted as a file is drawn once, tried three times":      keepsRenders,
		"a session is found by its token until it expires":                      keepsSessions,
		"a code is tried five times, used once, and not resent at once":         triesCodes,
		"what changes a policy is in the log":                                   logsPolicyChanges,
		"a policy comes back as it was saved":                                   keepsPolicies,
		"criteria that cannot be asked are neither saved nor read":              refusesCriteria,
		"statistics count what was published and how soon":                      countsPublished,
		"statistics count pushes and their messages":                            countsPushed,
		"statistics count who came and went":                                    countsMembers,
		"statistics count questions, answers and corrections":                   countsAsked,
		"the outbox is found by channel, words and day":                         findsInOutbox,
		"a list of policies is filtered, ordered and paged":                     listsPolicies,
		"a document number is used once in an office":                           refusesSameNumber,
		"who saves a policy second is told so":                                  savesPolicyOnce,
		"publishing owes a push, once":                                          publishesOnce,
		"pushes are found by policy, kind and state":                            findsPushes,
		"an urgent push waits for its second person":                            signsUrgent,
		"withdrawing stops what waits and owes the notice":                      withdraws,
		"a policy ends or extends earlier ones, until withdrawn":                succeeds,
		"interpretations are kept, readers see approved ones":                   keepsInterpretations,
		"a correction is the newest word about a thing":                         keepsCorrections,
		"audit, outbox and replies are kept in order":                           keepsRecords,
		"a question is asked once, answered once and counted":                   keepsQuestions,
		"who is told of an answer is owed it, once, and is forgotten":           owesNotices,
		"who read questions and answers is kept for a while, and told":          keepsQAReaders,
		"whoever is erased is named by no table":                                erases,
		"whoever is erased while a message is sent is named by none either":     erasesWhatIsBeingSent,
		"a subscriber comes back as saved":                                      keepsSubscribers,
		"who stands for an enterprise changes, with its history":                changesPeople,
		"invitations are kept for their time, answered once":                    keepsJoins,
		"a subscriber is updated by the office's own id":                        updatesByExternalID,
		"people are found by the office's id or by name":                        findsPeople,
		"a new subscriber has one first digest":                                 plansFirstDigests,
		"a policy that comes again finds its former issue":                      findsFormerIssues,
		"who was told of a policy, or put it aside, is known":                   knowsWhoWasTold,
		"a policy is pushed once more when the last push is planned":            supplementsOnce,
		"who was reached over which channel is known":                           knowsWhomItReached,
		"who was reached by somebody else's message is known":                   knowsWhomAnothersMessageReached,
		"an address keeps its contact id":                                       keepsContactIDs,
		"many subscribers are saved as one":                                     savesMany,
		"subscribers that cannot be saved are named":                            refusesSubscribers,
		"profile changes follow one another without a gap":                      followsProfiles,
		"profiles are known as they stood at an audience":                       knowsFormerProfiles,
		"former profiles are kept no longer than they must be":                  forgetsFormerProfiles,
		"profiles are walked in order":                                          walksProfiles,
		"recipients are subscribers without their addresses":                    readsRecipients,
		"profiles say over which channels somebody is reached":                  followsWays,
		"a stopped address stays stopped after its person is gone":              stopsAddresses,
		"a bounce stops the address of its delivery":                            stopsByDelivery,
		"an address is found however it is spelled":                             findsAddresses,
		"no clear address is in the database":                                   sealsAddresses,
		"officers are told of each task once, as long as it holds":              tellsOfficers,
		"keys are rotated while others read and write":                          rotatesKeys,
		"an audience is frozen by the first writer":                             freezesAudience,
		"a plan that is run again adds nothing":                                 plansOnce,
		"a stopped push is planned no further":                                  plansNoStopped,
		"two planners of one push leave each row once":                          plansConcurrently,
		"batches are due, queued, swept and renewed by generation":              runsBatches,
		"a claim takes what is due and says to whom":                            claims,
		"a claim of an older generation gets nothing":                           refusesOldClaims,
		"claimers at the same time take disjoint rows":                          claimsConcurrently,
		"a digest for several at one address is one message afterwards":         speaksOfSharedDigests,
		"a digest is one message of several pushes":                             claimsDigests,
		"a digest is one message also where two claim its parts at once":        gathersOnce,
		"a notification is one for all browsers of its person":                  claimsBrowsers,
		"outcomes end deliveries and hold others for a new batch":               recordsOutcomes,
		"a receipt may come before the outcome":                                 receiptFirst,
		"receipts are idempotent and final":                                     recordsReceipts,
		"a receipt with another address means nobody":                           checksReceiptAddress,
		"a receipt that numbers a message means the only one without a number":  settlesUnnumbered,
		"a receipt that comes before its number waits for it":                   settlesEarlyReceipts,
		"a receipt by number is looked for where numbers are given":             looksForNumbersWhereTheyAre,
		"the receipt of a digest is one of all its deliveries":                  settlesDigestReceipts,
		"a lost worker leaves unknown, which a late outcome settles":            sweepsLostWorkers,
		"a slow worker keeps what it holds, a clock set back hides no dead one": tellsSlowFromDead,
		"what a slow worker could not hand over waits again":                    resumesLateClaims,
		"an app is asked again for what a dead worker held":                     sendsAgainWhatAnAppTakesOnce,
		"a claim whose answer was lost is found":                                findsAClaimWhoseAnswerWasLost,
		"a clock set back hides no dead worker of a new batch":                  sweepsLostWorkersBeforeTheirTime,
		"a clock set back keeps nothing that was handed back":                   handsOutWhatWentBackBeforeItsTime,
		"a retry of a withdrawn policy is withdrawn":                            withdrawsRetries,
		"the sums over states are the plan, whatever happens":                   keepsSums,
		"a pause takes back what is about to be handed out":                     pausesWhatIsHandedOut,
		"a paused push waits and goes on where it stood":                        pausesPushes,
		"a digest holds nothing of a paused push":                               pausesDigestParts,
		"a push that is stopped sends no more":                                  stopsPushes,
		"a scheduled push is owed at its time":                                  schedulesPushes,
		"a channel that is held hands nothing out":                              stopsChannels,
		"a batch that is handed back goes on as another generation":             handsBack,
		"counters equal their rows while many change them":                      keepsCounts,
		"a receipt is counted once, whenever it comes":                          countsReceipts,
		"a canary is sent once and its first receipt counts":                    keepsCanaries,
		"doubt is settled by receipt or, after three days, by hand":             settlesDoubts,
		"a digest in doubt is asked about once":                                 asksDigestsOnce,
		"messages are counted for their gateways, and compared":                 keepsStatements,
		"deliveries are forgotten in steps when their time is over":             forgetsDeliveries,
		"a month of deliveries is forgotten as a whole":                         forgetsMonths,
		"the pushes under way are summed up":                                    sumsUpLive,
		"readers of a push are counted once":                                    countsMarks,
		"readers are counted by the channels it had gone to them over":          countsMarksOfChannels,
		"one person at the address of several is told once":                     sharesAddresses,
		"the next way has its turn where one has failed":                        stepsIn,
		"the next way is one of the same person":                                stepsInForOnePerson,
		"a push does not end as the next way steps in":                          stepsInAsThePushEnds,
		"who shares an address where a message failed has a turn of their own":  stepsInForOthers,
		"who shares an address of which no use is made in the end is told too":  stepsInAtTheEnd,
		"what people did meanwhile is known":                                    knowsMeanwhile,
		"a deadline is reminded of once for each number of days":                owesReminders,
		"messages of an address are counted over its persons":                   countsSent,
		"pages show masked addresses":                                           listsDeliveries,
		"the holidays of a year are kept, the last import counts":               keepsCalendars,
		"an inbox is the planned pushes and its marks":                          keepsInbox,
		"a lease has one holder":                                                leases,
		"the epoch is made once":                                                keepsEpoch,
		"letters are collected by village, in bounded batches":                  collectsLetters,
		"a letter of several pushes is one, and so is its slip":                 collectsDigestLetters,
		"letters are printed once and their slips entered once":                 printsOnce,
		"the office's own letter is printed first":                              printsTheCanaryFirst,
		"a letter that is over before it is printed drops out":                  dropsLetters,
		"who is erased is in no file of printed letters":                        dropsPrintedAddresses,
		"the letters of a dead worker wait again":                               keepsLostLetters,
		"files of letters are sealed anew with a new key":                       rotatesPrints,
		"the demonstration is removed, what is real stays":                      removesDemo,
	} {
		t.Run(name, func(t *testing.T) { test(t, with(t)) })
	}
}

// morning is when the exam takes place.
var morning = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)

// must fails the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// got returns the value of a call that must not fail.
func got[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		must(t, err)
		return v
	}
}

// wantKind fails the test unless err has the kind.
func wantKind(t testing.TB, err error, kind domain.Kind) {
	t.Helper()
	if err == nil || domain.KindOf(err) != kind {
		t.Fatalf("got error %v, want one of kind %d", err, kind)
	}
}

// equal fails the test unless got is want.
func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// approved returns a policy that is ready to be published.
func approved(t testing.TB, s *storage.Store, title string) *domain.Policy {
	t.Helper()
	p := &domain.Policy{
		Office: 1, Status: domain.Approved, Title: title, Audience: domain.ForBoth,
		Measures:  []domain.Measure{{ID: "m1", Title: "缓缴社会保险费"}},
		Tags:      []domain.Tag{{Dimension: domain.ThemeTag, Code: "Q01", State: domain.Confirmed}},
		CreatedAt: morning,
	}
	must(t, s.CreatePolicy(t.Context(), p))
	return p
}

// published returns a policy with its push, which is owed.
func published(t testing.TB, s *storage.Store, title string) (*domain.Policy, domain.Push) {
	t.Helper()
	p := approved(t, s, title)
	p.Status, p.PublishedAt = domain.Published, morning
	push := domain.Push{Kind: domain.NewPolicy, CreatedAt: morning, CreatedBy: 2}
	must(t, s.PublishPolicy(t.Context(), p, &push))
	return p, push
}

// person returns a resident with a mobile and a mailbox, not yet saved.
func person(i int) *domain.Subscriber {
	return &domain.Subscriber{
		ExternalID:   fmt.Sprintf("R%06d", i),
		Profile:      domain.Profile{Kind: domain.Resident, Region: "339901", Born: "1958", Groups: []string{"G01"}},
		Subscription: domain.Subscription{Themes: []string{"M09"}},
		Consent:      domain.Consent{Version: "1", At: morning.Add(-time.Hour), Source: "portal"},
		Contacts: []domain.Contact{
			{Kind: domain.SMS, Address: fmt.Sprintf("1990000%04d", i), When: domain.Now, Verified: true},
			{Kind: domain.Email, Address: fmt.Sprintf("r%d@yunchuan.example", i), When: domain.Daily, Verified: true},
		},
		CreatedAt: morning.Add(-time.Hour),
	}
}

// people saves n residents.
func people(t testing.TB, s *storage.Store, n int) []*domain.Subscriber {
	t.Helper()
	all := make([]*domain.Subscriber, n)
	for i := range all {
		all[i] = person(i + 1)
	}
	must(t, s.SaveSubscribers(t.Context(), all))
	return all
}

// waiting returns a delivery over the contact'th contact of each subscriber,
// due in the morning.
func waiting(all []*domain.Subscriber, contact int) []domain.Delivery {
	ds := make([]domain.Delivery, len(all))
	for i, v := range all {
		ds[i] = domain.Delivery{
			Subscriber: v.ID, Contact: v.Contacts[contact].ID, Channel: v.Contacts[contact].Kind,
			State: domain.Pending, Verdict: domain.Likely, NextAt: morning,
		}
	}
	return ds
}

// planned plans deliveries of a push and returns its due batches.
func planned(t testing.TB, s *storage.Store, push domain.PushID, ds []domain.Delivery) []domain.Batch {
	t.Helper()
	must(t, s.PlanDeliveries(t.Context(), push, ds[len(ds)-1].Subscriber, ds, morning))
	must(t, s.FinishPlan(t.Context(), push, morning))
	return got(s.DueBatches(t.Context(), morning, 1000))(t)
}

// sendBatch claims a whole batch.
func sendBatch(t testing.TB, s *storage.Store, b domain.Batch) []storage.Outgoing {
	t.Helper()
	must(t, s.MarkQueued(t.Context(), b.ID, b.Gen, morning))
	return got(s.ClaimDeliveries(t.Context(), b.ID, b.Gen, domain.MaxBatch, morning))(t)
}

// sum adds the deliveries of a push up over channels and states.
func sum(t testing.TB, s *storage.Store, push domain.PushID) (n int, byState map[domain.DeliveryState]int) {
	t.Helper()
	byState = map[domain.DeliveryState]int{}
	for _, states := range got(s.PushCounts(context.WithoutCancel(t.Context()), push))(t) {
		for state, k := range states {
			n += k
			byState[state] += k
		}
	}
	return n, byState
}
