// Package domain holds the words of the product and the decisions that belong
// to them: what a policy gives and to whom, who subscribed to what, what is
// owed to whom, and who may do what. It knows no database, no clock, no web
// and no file format, and imports the standard library only.
//
// The unit is the [Measure] (政策点), not the document: who gets what, how much,
// until when, how. Its [Criteria] is a tree of conditions over the fields of a
// [Profile], and every condition keeps the words of the text it came from.
// Conditions are answered with three values, see [Truth].
//
// Units: money in yuan, offsets in Unicode code points of the normalised
// text, times in UTC, dates as YYYY-MM-DD strings in Asia/Shanghai (or YYYY-MM
// where a text names a month only; empty where it does not say).
package domain
