// Package audience answers for all subscribers at once whom a policy concerns:
// who meets its criteria, wants to hear of its themes, and has not paused. It
// answers the other way round as well: which measures concern one profile, see
// [Measures]. Package matching answers for one profile and one tree; the two
// are held together by tests on random trees and profiles.
//
// # Chunks and slots
//
// A subscriber has a slot in a chunk of 65,536 (chunk.go). The chunk holds
// their facts twice. Columns say per slot what the profile says: the numbers of
// codes, the amounts, the dates, and for sets a bit a member (column.go). Rows
// say per fact who shares it: a container of slots, as a short list, as runs,
// or as a bitmap (container.go). All rows follow from the columns (derive.go).
// Keywords, which are too many for rows, have postings (keywords.go,
// postings.go).
//
// Each chunk has a lock of its own, and a person is in one chunk. So a change
// is seen whole or not at all, waits at most for the microseconds in which one
// chunk is answered, and stops nobody who reads another chunk.
//
// Build gathers people of one kind and county in a chunk and sorts them by town
// and industry (build.go). Conditions on places and industries then concern few
// chunks, or all of one, and rows become runs. Whoever comes later takes a free
// slot near their like. Slots mean nothing outside: answers are sets of ids.
//
// # Rows
//
// The dictionary (dictionary.go) gives codes their numbers and facts their
// rows. Of a region or industry every level is a row, so that a city is one row
// and not the union of its towns. Numbers fall into buckets between the
// thresholds of the laws, one row a bucket; at a few of them begin steps, rows
// of all whose number is at least so large (numbers.go). A bound that a query
// asked for becomes a step too (splits.go), so that the next such interval is
// the difference of two rows; for the first, of those in a bucket that it cuts
// the column is asked. An age is asked as an interval of days of birth. Of some
// only the year is known: who may lie on either side of a bound stands in a row
// beside it. For each row the dictionary also knows which chunks have members
// of it, so that most chunks are never looked at.
//
// # Three answers
//
// What a profile does not say is unknown, never no. Each field has a row of
// those who do not say; whoever only says "in this city" stands, for a
// condition on a county of it, in a row of the vague. An answer is a pair of
// sets: those who meet a condition for sure, and those who may. Both go through
// the tree in one pass, as one set as long as nobody in a chunk is unknown. A
// subscriber of a kind that cannot have a field is in none of its rows: the
// condition is not met.
//
// # Plans
//
// A query becomes a plan (plan.go): negations move to the leaves, nested nodes
// are flattened, a lower and an upper bound become one interval, and each leaf
// becomes a literal, which is a few lists of rows. The evaluator (evaluate.go)
// answers a chunk at a time, on as many cores as there are. All of several
// nodes begins with the literal that has the fewest members in this chunk. If
// they are few, each is asked the rest, by columns (ask.go); else the bitsets
// are intersected, and those who must be asked come last, when few are left.
// Bitsets are used again and again, nothing is allocated for a chunk. They are
// combined by kernels (kernel.go), which use wide registers where there are.
//
// A code that nobody had before can come up while a query is under way. Then
// the dictionary has a new version, and the query begins again.
//
// # Around an answer
//
// A subscriber may want only what is relevant enough to them; the threshold is
// applied in each chunk (relevance.go), so that preview and push agree. So are
// those left out whom a query names: who was told before, who is blocked. An
// audience is counted by any facts, and by channel and frequency (count.go).
// Two audiences, frozen or asked for, are compared as sets (shift.go).
// The other way round, a [Catalogue] holds the measures of published policies;
// most are passed over by two bytes that are made once a day (glance.go).
//
// # Following the database
//
// The index is a copy. Build reads it in one pass, Follow applies the log of
// changes, several people side by side and those of one chunk after each other
// (change.go), and WaitFor makes sure that a push sees whoever subscribed
// before it. Changes come in while a query is answered: an audience that is
// frozen is corrected to one moment of the log, and its recipe kept (recipe.go),
// so that it can be computed again. Save writes columns and sets to a file with
// checksums (snapshot.go), from which Open starts in seconds; a file that is
// damaged, or belongs to another database, is refused as a whole and the index
// built anew. Stage says how far a start is.
package audience
