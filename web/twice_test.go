package web

import (
	"maps"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"
)

// TestAFormSentTwiceIsAnsweredOnce: the second press comes to where the first
// has led, at the same moment or after it. Later on the form is asked anew and
// says what has become of it; from another session it is another form.
func TestAFormSentTwiceIsAnsweredOnce(t *testing.T) {
	site := newOffice(t)
	one, two := site.as("drafter"), site.as("approver")
	path := one.drafted()
	release := path + "/release"
	one.get(release).post(path+"/submit", url.Values{}).at(release, 200)
	two.get(release).post(path+"/approve", url.Values{}).at(release, 200)

	form := url.Values{"possible": {"yes"}, "_csrf": {tokenInPage.FindStringSubmatch(one.get(release).body)[1]}}
	pressed := make([]*browser, 4)
	var all sync.WaitGroup
	for i := range pressed {
		pressed[i] = &browser{site: site, cookies: maps.Clone(one.cookies)}
		all.Go(func() { pressed[i].postAsIs(path+"/publish", form) })
	}
	all.Wait()
	for _, b := range pressed {
		b.at("/console/pushes/1", http.StatusOK, "已发布，正在推送")
	}
	if pushes, err := site.Store.Pushes(t.Context(), 1, 9); err != nil || len(pushes) != 1 {
		t.Errorf("%d pushes, %v", len(pushes), err)
	}
	two.postAsIs(path+"/publish", form).at(path+"/publish", http.StatusForbidden, "页面已过期")
	site.now = site.now.Add(sentTwice + time.Second)
	one.postAsIs(path+"/publish", form).at(path+"/publish", http.StatusConflict, "已经发布，不会再发布一次")
	if n := len(site.answers.order); n > 0 {
		t.Errorf("%d answers are remembered for good", n)
	}

	// A browser parts the fields of a form with files differently each time.
	page, files := one.get("/console/import").body, map[string]string{"甲.txt": "云川县关于养老助餐的通知\n县里给七十岁以上的老人每餐补贴5元。"}
	led := one.upload(true, files, "").path
	one.body = page
	if one.upload(true, files, ""); one.path != led || led == "/console/import" {
		t.Errorf("imported twice the file leads to %s, once to %s", one.path, led)
	}
	one.body = page
	files["甲.txt"] += "十"
	one.upload(true, files, "").at("/console/policies/3", http.StatusOK)
}
