package web

import (
	"net/url"
	"strings"
	"testing"

	"policypush/internal/domain"
)

// TestAnUrgentPushIsSignedByTwo: who asks for it cannot sign it, a second
// person can, and both stand in the log.
func TestAnUrgentPushIsSignedByTwo(t *testing.T) {
	site := newOffice(t)
	one, two, auditor := site.as("drafter"), site.as("approver"), site.as("auditor")
	path := one.drafted()
	release := path + "/release"
	one.get(release).post(path+"/submit", url.Values{}).at(release, 200)
	two.get(release).post(path+"/approve", url.Values{}).at(release, 200)
	one.get(release).at(release, 200, "要另一位审核员签字才发出").
		post(path+"/publish", url.Values{"possible": {"yes"}, "urgent": {"yes"}}).at("/console/pushes/1", 200, "等另一位审核员签字后发出", "紧急推送等第二人签字", "待第二人签字")
	if strings.Contains(one.body, "签字，紧急发出") {
		t.Error("who asked for it is offered to sign it")
	}
	one.post("/console/pushes/1/sign", url.Values{"do": {"sign"}}).at("/console/pushes/1/sign", 403)
	auditor.get("/console/pushes/1").at("/console/pushes/1", 200)
	auditor.post("/console/pushes/1/sign", url.Values{"do": {"sign"}}).at("/console/pushes/1/sign", 403)
	two.get("/console").at("/console", 200, "紧急，待签字")
	two.get("/console/pushes/1").at("/console/pushes/1", 200, "签字，紧急发出").
		post("/console/pushes/1/sign", url.Values{"do": {"sign"}}).at("/console/pushes/1", 200, "已签字", "准备中")
	push, err := site.Store.Push(t.Context(), 1)
	if err != nil || push.State != domain.PushOwed || !push.Urgent || push.SignedBy == 0 || push.SignedBy == push.CreatedBy {
		t.Fatalf("%+v, %v", push, err)
	}
	two.get("/console/audit").at("/console/audit", 200, "紧急推送签字", "，紧急")
	two.get("/console/pushes/1").post("/console/pushes/1/sign", url.Values{"do": {"calm"}}).at("/console/pushes/1/sign", 409)
}

func TestAnUrgentPushMayBecomeAnOrdinaryOne(t *testing.T) {
	site := newOffice(t)
	one, two := site.as("drafter"), site.as("approver")
	path := one.drafted()
	release := path + "/release"
	one.get(release).post(path+"/submit", url.Values{}).at(release, 200)
	two.get(release).post(path+"/approve", url.Values{}).at(release, 200)
	one.get(release).post(path+"/publish", url.Values{"urgent": {"yes"}}).at("/console/pushes/1", 200)
	one.post("/console/pushes/1/sign", url.Values{"do": {"calm"}}).at("/console/pushes/1", 200, "已改为普通推送")
	if push, err := site.Store.Push(t.Context(), 1); err != nil || push.State != domain.PushOwed || push.Urgent {
		t.Fatalf("%+v, %v", push, err)
	}
}
