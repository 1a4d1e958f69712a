// Package rules holds what an office knows before it has read a single
// policy: themes and the words that betray them, taxes, kinds of support,
// groups of people, industries, regions, how documents are numbered and dated,
// the plain meaning of jargon, and the calendar of working days.
//
// All of it is data, in YAML files beside this source: taxonomy (codes and
// names), tagging (words of the themes and test cases), extraction (regular
// expressions with their examples), lexicon (jargon) and calendar. The files
// are embedded; an office adds to them or overrides single codes with files of
// its own that carry the same meta.id, see [LoadWith].
//
// Loading is strict. A key, code or enumerated word that is not known, a code
// that occurs twice, a value of the wrong type or a bad regular expression is
// refused with its file and line, and all mistakes are told at once. Loaded
// [Rules] never change and are safe for concurrent use.
package rules
