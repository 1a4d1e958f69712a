// Package interpretations holds what stands beside a policy to make it
// understood: short questions and answers, charts and worked cases. It checks
// them against the policy (every statement cites a clause, figures add up, a
// case may not contradict its measure) and draws them.
//
// Drawings are plain HTML that works under a policy without inline styles and
// scripts: a chart is a data table or a list first, its bars are small SVGs
// whose widths are attributes and whose colours are classes of portal.css.
// Everything that people typed is escaped by html/template.
package interpretations
