package web

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
)

// referenceForm reads a document as [domain.Reference] writes it and as people
// do: 《标题》（文号）延至2027-12-31. Each part may be missing, not all.
var referenceForm = regexp.MustCompile(`^\s*(?:《(.+)》)?\s*(.*?)\s*(?:(?:延续?|延长|延期)[^\d]{0,4}(\d{4}\D[^《》]*?))?\s*$`)

// referenceOf reads one line of a list of documents. Without a title in 《》
// what stands there is a number if it ends with 号, else the title.
func referenceOf(line string) (domain.Reference, bool) {
	m := referenceForm.FindStringSubmatch(line)
	if m == nil {
		return domain.Reference{}, false
	}
	r := domain.Reference{Title: strings.TrimSpace(m[1]), DocNumber: strings.TrimSpace(m[2])}
	if inner := []rune(r.DocNumber); len(inner) > 1 && strings.ContainsRune("（(", inner[0]) && strings.ContainsRune("）)", inner[len(inner)-1]) {
		r.DocNumber = strings.TrimSpace(string(inner[1 : len(inner)-1]))
	}
	if r.Title == "" && !strings.HasSuffix(r.DocNumber, "号") {
		r.Title, r.DocNumber = r.DocNumber, ""
	}
	until, ok := dayOf(m[3])
	if !ok || strings.ContainsAny(r.DocNumber, "《》") || r.DocNumber != "" && !strings.HasSuffix(r.DocNumber, "号") || r.Title == "" && r.DocNumber == "" {
		return domain.Reference{}, false
	}
	r.Until = until
	return r, true
}

// maxReferences bounds the documents that one policy can end or change.
const maxReferences = 50

// referencesOf reads a list of documents, one a line. name and label are those
// of the field; what cannot be read is told with its line.
func referencesOf(typed, name, label string, ps *problems) []domain.Reference {
	var refs []domain.Reference
	for n, line := range strings.Split(typed, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		r, ok := referenceOf(line)
		switch {
		case !ok:
			ps.add(name, label+"第"+strconv.Itoa(n+1)+"行“"+cutRunes(strings.TrimSpace(line), 30)+"”看不懂，请写成《标题》（文号），延续的在后面写“延至2027-12-31”")
		case len(refs) == maxReferences:
			ps.add(name, label+"最多填"+strconv.Itoa(maxReferences)+"份")
			return refs
		default:
			refs = append(refs, r)
		}
	}
	return refs
}

// referenceLines writes documents for a field, one a line.
func referenceLines(refs []domain.Reference) string {
	var lines []string
	for _, r := range refs {
		lines = append(lines, r.String())
	}
	return strings.Join(lines, "\n")
}

// earlierRow says what publishing a policy does to one that it names.
type earlierRow struct {
	Of      domain.PolicyID
	Name    string
	Effect  string
	Foreign bool // of another office, which has to end it itself
}

// earlier tells what publishing a policy does to those that it replaces or
// extends: for people, and for the publication. Policies of other offices are
// theirs to end.
func (s *Server) earlier(ctx context.Context, p *domain.Policy) ([]earlierRow, []domain.Succession, error) {
	if len(p.Replaces)+len(p.Amends) == 0 {
		return nil, nil, nil
	}
	found, err := s.Store.Earlier(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	var rows []earlierRow
	var all []domain.Succession
	seen := map[domain.PolicyID]bool{}
	for _, old := range found {
		one, does := p.Succession(old, s.today())
		if !does || seen[old.ID] {
			continue
		}
		seen[old.ID] = true
		row := earlierRow{Of: old.ID, Name: shownTitle(old.Title), Foreign: old.Office != p.Office}
		row.Effect = "延续执行到" + longDate(one.Expires)
		if one.Ends {
			row.Effect = longDate(one.Expires) + "以后失效"
		}
		if old.Expires == "" {
			row.Effect += "（现在长期有效）"
		} else {
			row.Effect += "（现在有效期到" + longDate(old.Expires) + "）"
		}
		if rows = append(rows, row); !row.Foreign {
			all = append(all, one)
		}
	}
	return rows, all, nil
}

// ticked are the successions that the form of publication ticks.
func ticked(c *fiber.Ctx, does []domain.Succession) []domain.Succession {
	wanted := fields(c, "earlier")
	return slices.DeleteFunc(does, func(d domain.Succession) bool {
		return !slices.Contains(wanted, strconv.FormatInt(int64(d.Of), 10))
	})
}
