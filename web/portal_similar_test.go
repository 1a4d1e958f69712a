package web

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"policypush/interpretations"
)

// askedAlike is a question to a policy of the demonstration, and the question whose
// answer there answers it, if one does.
type askedAlike struct{ policy, asked, answered string }

func askedAlikes(t *testing.T) []askedAlike {
	t.Helper()
	text, err := os.ReadFile("testdata/similar.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []askedAlike
	for line := range strings.Lines(string(text)) {
		part := strings.Split(strings.TrimSpace(line), "|")
		if len(part) != 3 {
			t.Fatalf("not policy|asked|answered: %s", line)
		}
		all = append(all, askedAlike{part[0], part[1], part[2]})
	}
	return all
}

// demoAnswers reads the questions and answers of a policy of the demonstration.
func demoAnswers(t *testing.T, policy string) []interpretations.Item {
	t.Helper()
	text, err := os.ReadFile("../internal/demo/policies/" + policy + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Items []struct{ QA *interpretations.QA }
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	var items []interpretations.Item
	for i, it := range file.Items {
		if it.QA != nil {
			items = append(items, interpretations.Item{ID: int64(i + 1), QA: it.QA})
		}
	}
	if len(items) == 0 {
		t.Fatalf("%s has no answers", policy)
	}
	return items
}

// TestSimilarEnough sets from which likeness an answer is shown to somebody who asks:
// it prints, for each bound, how many of those with an answer see it, how many see
// another besides, and how many see one though none answers them.
func TestSimilarEnough(t *testing.T) {
	all := askedAlikes(t)
	type tally struct{ with, right, wrong, without, shown float64 }
	tell := func(bound float64) (n tally) {
		for _, a := range all {
			right, wrong := false, false
			for _, it := range demoAnswers(t, a.policy) {
				if alike(a.asked, it.QA.Question, it.QA.Answer) >= bound {
					right = right || it.QA.Question == a.answered
					wrong = wrong || it.QA.Question != a.answered
				}
			}
			switch {
			case a.answered == "":
				n.without++
				if wrong {
					n.shown++
				}
			default:
				n.with++
				if right {
					n.right++
				}
				if wrong {
					n.wrong++
				}
			}
		}
		return n
	}
	t.Log("bound  right  another  though none answers")
	for bound := 0.2; bound < 0.66; bound += 0.05 {
		n := tell(bound)
		t.Logf("%.2f   %.3f  %.3f    %.3f", bound, n.right/n.with, n.wrong/n.with, n.shown/n.without)
	}
	n := tell(similarEnough)
	t.Logf("%.2f   %.3f  %.3f    %.3f  of %v and %v", similarEnough, n.right/n.with, n.wrong/n.with, n.shown/n.without, n.with, n.without)
	if n.right < 0.65*n.with || n.wrong > 0.05*n.with || n.shown > 0.05*n.without {
		t.Errorf("the bound keeps %v of %v, shows another to %v, and one to %v of %v whom none answers", n.right, n.with, n.wrong, n.shown, n.without)
	}
}
