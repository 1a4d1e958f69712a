package web

import (
	"strings"
	"testing"

	"github.com/jba/templatecheck"
)

func TestEveryConsoleTemplateFitsItsView(t *testing.T) {
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
	for _, v := range []view{
		staffLoginView{},
		accountView{},
		calendarView{},
		deskView{},
		importView{},
		policyListView{},
		fieldsView{},
		tagsView{},
		trialView{},
		trialPart{},
		measuresView{},
		measureEditView{},
		explainView{},
		itemView{},
		itemPart{},
		releaseView{},
		messagesView{},
		pushesView{},
		pushView{},
		ledgerView{},
		printsView{},
		printView{},
		outboxView{},
		questionsView{},
		answeringView{},
		peopleView{},
		personView{},
		operatorsView{},
		operatorView{},
		officesView{},
		officeView{},
		auditView{},
		statisticsView{},
		rulesView{},
		correctionsView{},
		consoleErrorView{},
		buildingView{},
	} {
		checked[v.template()] = true
		if set[v.template()] == nil {
			t.Errorf("%s: there is no such template", v.template())
			continue
		}
		if err := templatecheck.CheckHTML(set[v.template()], v); err != nil {
			t.Errorf("%s: %v", v.template(), err)
		}
	}
	for name := range set {
		if strings.HasPrefix(name, "console/") && !checked[name] {
			t.Errorf("%s is not checked", name)
		}
	}
}
