// Package search finds policies by the words people use: titles and document
// numbers exactly, questions by the passage that answers them.
//
// Every policy (or file) is one entry whose passages are its clauses, measures
// and answers. The candidates are found in an index of bleve, whose one text field
// holds every pair of neighbouring characters, words of three characters and
// more as jieba cuts them, and numbers and foreign words; what its terms say of
// each entry is added up here, one term after the other, which takes half the
// time of bleve's own query, and by how long the entries really are: what bleve
// calls an average length is a number of different terms. The best of them are
// then read once more and ranked by BM25 over all that was typed, by how much of
// what is asked for stands together in one place, and by whether the place is the
// one asked for. Another word for one that was typed counts as a part of it. The
// same reading yields the passage that is shown, and how likely it is to answer.
// Where nothing does, other searches are offered that find something (similar.go).
//
// The index is derived data. It may be deleted at any time.
package search
