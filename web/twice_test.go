package web

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"policypush/internal/domain"
	"policypush/internal/storage/pgtest"
)

// pressedTwice is how many readers press twice at a time.
const pressedTwice = 100

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

// clone is the same browser at the same moment: what one does with its cookies
// the other does not see.
func (b *browser) clone() *browser {
	same := *b
	same.cookies = maps.Clone(b.cookies)
	return &same
}

// TestASecondPressMayFollowTheAnswerOfTheFirst: who signs in has another session
// from the answer on, and a quick second press, of the page that is still
// there, is sent from that session. It comes to where the first has led.
func TestASecondPressMayFollowTheAnswerOfTheFirst(t *testing.T) {
	const phone = "13900000091"
	site := newOffice(t)
	b := site.browser()
	b.wizard(phone)
	again := func(b *browser, path string, form url.Values, led string) {
		t.Helper()
		form.Set("_csrf", tokenInPage.FindStringSubmatch(b.body)[1])
		before := b.clone()
		b.postAsIs(path, form).at(led, http.StatusOK)
		b.clone().postAsIs(path, form).at(led, http.StatusOK)
		before.postAsIs(path, form).at(led, http.StatusOK)
		stranger := &browser{site: site, cookies: map[string]string{}}
		stranger.get("/login")
		stranger.postAsIs(path, form).at(path, http.StatusForbidden, "页面已过期")
		// Of a session that the form did not lead to, it is refused too.
		stranger.cookies[nonceCookie], stranger.cookies[readerCookie], stranger.cookies[operatorCookie] = before.cookies[nonceCookie], "another", "another"
		stranger.postAsIs(path, form).at(path, http.StatusForbidden, "页面已过期")
		site.now = site.now.Add(sentTwice + time.Second)
		b.clone().postAsIs(path, form).at(path, http.StatusForbidden, "页面已过期")
	}
	again(b, "/subscribe/verify", url.Values{"kind": {"sms"}, "code": {site.code(phone)}}, "/subscribe/done")
	if ids, err := site.Store.SubscribersByAddress(t.Context(), domain.SMS, phone); err != nil || len(ids) != 1 {
		t.Errorf("subscribed as %v, %v", ids, err)
	}
	b.get("/me")
	again(b, "/logout", url.Values{}, "/")
	site.now = site.now.Add(2 * time.Minute)
	b.get("/login").post("/login", url.Values{"address": {phone}}).at("/login/code", 200)
	again(b, "/login/code", url.Values{"code": {site.code(phone)}}, "/inbox")
	staff := site.browser().get("/console/login")
	again(staff, "/console/login", url.Values{"login": {"drafter"}, "password": {testPassword}}, "/console")
}

// TestTwoProcessesAnswerAFormOnce: what is pressed twice, or three times, and
// reaches another process each time, comes to where the first press has led;
// what came to nothing may be tried at any of them.
func TestTwoProcessesAnswerAFormOnce(t *testing.T) {
	site := newSiteOn(t, pgtest.Start(t).Database(t), func(c *Config) { c.ProxyHeader = "X-Real-IP" })
	twin := &testSite{t: t}
	var err error
	if twin.Server, err = New(site.Config); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 20 {
		b := site.browser()
		b.address = fmt.Sprintf("10.0.0.%d", i+1)
		phone := fmt.Sprintf("138%08d", i)
		all.Go(func() {
			b.wizard(phone)
			other := b.clone()
			other.site = twin
			other.post("/subscribe/verify", url.Values{"kind": {"sms"}, "code": {"000000"}}).at("/subscribe/verify", http.StatusUnprocessableEntity)
			form := url.Values{"kind": {"sms"}, "code": {site.code(phone)}, "_csrf": {tokenInPage.FindStringSubmatch(b.body)[1]}}
			later := b.clone()
			later.site = twin
			var both sync.WaitGroup
			both.Go(func() { other.postAsIs("/subscribe/verify", form) })
			b.postAsIs("/subscribe/verify", form)
			both.Wait()
			later.cookies = maps.Clone(b.cookies) // the browser has those of the answer
			later.postAsIs("/subscribe/verify", form)
			for _, b := range []*browser{b, other, later} {
				if b.path != "/subscribe/done" || b.status != http.StatusOK || b.cookies[readerCookie] == "" {
					t.Errorf("%s: at %s with %d", phone, b.path, b.status)
				}
			}
			if ids, err := site.Store.SubscribersByAddress(context.Background(), domain.SMS, phone); err != nil || len(ids) != 1 {
				t.Errorf("%s: subscribed as %v, %v", phone, ids, err)
			}
		})
	}
	all.Wait()
}

// TestSubscribingPressedTwiceSubscribesOnce: many readers at a time press the
// button of the last step twice, at the same moment or a moment later, on both
// databases. Each has subscribed once, and is told so.
func TestSubscribingPressedTwiceSubscribesOnce(t *testing.T) {
	for name, database := range map[string]func(t *testing.T) string{
		"SQLite":     func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "test.db") },
		"PostgreSQL": func(t *testing.T) string { return pgtest.Start(t).Database(t) },
	} {
		t.Run(name, func(t *testing.T) {
			site := newSiteOn(t, database(t), func(c *Config) { c.ProxyHeader = "X-Real-IP" })
			var all sync.WaitGroup
			for i := range pressedTwice {
				b := site.browser()
				b.address = fmt.Sprintf("10.0.%d.%d", i/200, i%200+1)
				phone := fmt.Sprintf("138%08d", i)
				all.Go(func() {
					b.wizard(phone)
					form := url.Values{"kind": {"sms"}, "code": {site.code(phone)}, "_csrf": {tokenInPage.FindStringSubmatch(b.body)[1]}}
					other, after := b.clone(), b.clone()
					var both sync.WaitGroup
					both.Go(func() { other.postAsIs("/subscribe/verify", form) })
					b.postAsIs("/subscribe/verify", form)
					if i%2 == 0 { // the browser has the cookies of the first answer already
						after.cookies = maps.Clone(b.cookies)
					}
					after.postAsIs("/subscribe/verify", form)
					both.Wait()
					for _, b := range []*browser{b, other, after} {
						if b.path != "/subscribe/done" || b.status != http.StatusOK {
							t.Errorf("%s: at %s with %d", phone, b.path, b.status)
						}
					}
					if ids, err := site.Store.SubscribersByAddress(context.Background(), domain.SMS, phone); err != nil || len(ids) != 1 {
						t.Errorf("%s: subscribed as %v, %v", phone, ids, err)
					}
				})
			}
			all.Wait()
		})
	}
}
