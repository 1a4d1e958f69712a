// Package document turns a file of an office (.txt, .md, .html, .docx, .pdf, .ofd)
// into normalised text and clauses with offsets.
//
// A file passes five stations. [Read] looks at the content, then at the name,
// to find the format, and refuses what it cannot read with a text that says
// what to do. The reader of the format turns it into lines: a paragraph, a
// heading or a table each, with what the format knows about them. The lines
// are normalised (half-width ASCII, 〔2026〕 around years, no blanks between
// Chinese characters), freed of page numbers and of what web pages put around
// a text, cut where a copy lost its line breaks and joined where a printer
// broke them. At last every line is given its part: title, head, heading,
// paragraph, table, signature or note, and the path of the headings above it.
//
// Paths are made of the numbers as the text writes them, joined by "/":
// "二/(四)/1". An article stands for itself, whatever chapter it is in, since
// its number is unique in its statute: "第五条", "第五条/(二)". Chapters and
// sections only name themselves: "第三章", "第三章/第一节". If an attached
// document numbers its headings anew, its paths begin with 附, 附2 and so on.
// A heading without a number stands in paths with its words: "申报条件/1". A
// paragraph without a number has the path of the heading it stands under; one
// that follows a list has the path of what announced the list. Paths say where
// a clause stands; several clauses may share one.
//
// [Document.Origins] maps every character of the text to the line of the file
// that it was made of, and each clause says for people where it begins in the
// file. Of a table each row says what cells across several rows say, and cells
// across several columns leave the others empty.
//
// PDF and OFD files hold no lines, only texts at places of pages. They are put together
// by where they stand: cells of tables by the lines drawn around them or by what stands
// under each other, columns of text one after the other, and a table that a page parts
// is one.
//
// The patterns of rules/extraction-patterns.yaml expect the normalised form.
package document
