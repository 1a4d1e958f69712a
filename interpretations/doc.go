// Package interpretations holds what stands beside a policy to make it
// understood: short questions and answers, charts, worked cases, comparisons of
// old and new provisions, one-page pictures, and the records of press
// conferences. It drafts them from the measures (Propose), checks them against
// the policy (Check: every statement cites a clause, figures add up, a case may
// not contradict its measure), says what is not explained yet (Cover), what
// only repeats the text (Copied) and what has to be looked at because its
// grounds have changed (Outdated), and draws them (Render).
//
// Drawings are plain HTML that works under a policy without inline styles and
// scripts: a chart is a data table or a list first, its bars are small SVGs
// whose widths are attributes and whose colours are classes of portal.css.
// Everything that people typed is escaped by html/template.
package interpretations
