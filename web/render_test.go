package web

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/jba/templatecheck"
)

// portalViews lists every view of the portal, so that its template is checked
// against it.
func portalViews() []view {
	return []view{
		errorView{},
		homeView{},
		libraryView{},
		explainedListView{},
		policyView{},
		askView{},
		askedView{},
		myQuestionsView{},
		checkView{},
		onePageView{},
		onePageFile{},
		cardFile{},
		whoView{},
		whatView{},
		howView{},
		verifyView{},
		chooseView{},
		doneView{},
		loginView{},
		codeView{},
		meView{},
		myPoliciesView{},
		profileView{},
		topicsView{},
		deleteView{},
		standView{},
		inboxView{},
		digestView{},
		unsubscribeView{},
		wechatView{},
		statementView{name: "portal/display"},
		statementView{name: "portal/privacy"},
		statementView{name: "portal/accessibility"},
	}
}

func TestEveryTemplateFitsItsView(t *testing.T) {
	s := &Server{}
	var err error
	if s.assets, err = loadAssets(); err != nil {
		t.Fatal(err)
	}
	set, err := parseTemplates(s.funcs())
	if err != nil {
		t.Fatal(err)
	}
	checked := map[string]bool{}
	for _, v := range portalViews() {
		name := v.template()
		checked[name] = true
		page := set[name]
		if page == nil {
			t.Errorf("%s: there is no such template", name)
			continue
		}
		if err := templatecheck.CheckHTML(page, v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name := range set {
		if strings.HasPrefix(name, "portal/") && !checked[name] {
			t.Errorf("%s is not in portalViews", name)
		}
	}
}

func TestPagesHoldNothingThatThePolicyForbids(t *testing.T) {
	err := fs.WalkDir(templateFiles, "templates", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := templateFiles.ReadFile(p)
		if err != nil {
			return err
		}
		for _, bad := range []string{" style=", "<style", "onclick=", "onload=", "javascript:", "http://", "https://", "<script>"} {
			if text := strings.ReplaceAll(string(data), "http://www.w3.org/2000/svg", ""); strings.Contains(text, bad) {
				t.Errorf("%s contains %q", p, bad)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
