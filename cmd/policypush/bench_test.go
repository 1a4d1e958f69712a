package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"policypush/internal/domain"
)

// TestMain lets the benchmarks start this very test as the program that they
// measure.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && slices.Contains([]string{"work", "serve", "web"}, os.Args[1]) {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestBenchAudienceIsExactAndRepeatable(t *testing.T) {
	asked := func(seed string) audienceReport {
		code, out, errs := runArgs(t, "", "bench", "audience", "--profiles", "4000", "--residents", "1000", "--measures", "1500", "--keywords", "2000",
			"--seed", seed, "--time", "1ms", "--json")
		if code != 0 {
			t.Fatalf("exit code %d: %s", code, errs)
		}
		var found audienceReport
		if err := json.Unmarshal([]byte(out), &found); err != nil || strings.Count(out, "\n") != 1 {
			t.Fatalf("not one line of JSON: %v\n%s", err, out)
		}
		return found
	}
	first, again, other := asked("7"), asked("7"), asked("8")
	if !first.Exact || first.BytesPerProfile <= 0 || first.UpdatesPerSecond <= 0 ||
		first.Explain.Agree != first.Explain.Asked || !first.Reverse.Exact || !first.Snapshot.Same || first.Reverse.Found == 0 || first.Keywords.Hits < 100 {
		t.Errorf("report: %+v", first)
	}
	likely, possible, differ := 0, 0, 0
	for i, e := range first.Expressions {
		if !e.Exact || e.Scan <= 0 || e.Evaluate.P95 < e.Evaluate.P50 {
			t.Errorf("%s: %+v", e.Name, e)
		}
		if e.Likely > 0 {
			likely++
		}
		if e.Possible > 0 {
			possible++
		}
		if e.Likely != again.Expressions[i].Likely || e.Possible != again.Expressions[i].Possible {
			t.Errorf("%s: the same seed gave another audience", e.Name)
		}
		if e.Likely != other.Expressions[i].Likely {
			differ++
		}
	}
	if likely < 5 || possible < 5 || differ < 5 {
		t.Errorf("of %d questions %d have a sure audience, %d a possible one, %d depend on the seed", len(first.Expressions), likely, possible, differ)
	}
}

func TestBenchPushAgreesWithItsGateway(t *testing.T) {
	for channel, rows := range map[string]int{"sms": 300, "email": 300, "app": 0} {
		t.Run(channel, func(t *testing.T) {
			code, out, errs := runArgs(t, "", "bench", "push", "--recipients", "300", "--channel", channel, "--json")
			if code != 0 {
				t.Fatalf("exit code %d: %s", code, errs)
			}
			var found pushReport
			if err := json.Unmarshal([]byte(out), &found); err != nil {
				t.Fatal(err)
			}
			if !found.Agree || found.Rows != rows || rows > 0 && found.GatewayTook != rows || found.PeakMemory == 0 {
				t.Errorf("report: %+v", found)
			}
		})
	}
}

func TestBenchPushGoesToTestGatewaysOnly(t *testing.T) {
	for name, tt := range map[string]struct {
		channel, gateway string
		refused          bool
	}{
		"a gateway elsewhere":        {"sms", "http://192.0.2.7:13013/cgi-bin/sendsms", true},
		"a name that may be it":      {"sms", "http://sms.example.cn/cgi-bin/sendsms", true},
		"a relay for texts":          {"sms", "smtp://127.0.0.1:25", true},
		"the inbox has no gateway":   {"app", "http://127.0.0.1:1", true},
		"a relay on this machine":    {"email", "smtp://127.0.0.1:2525", false},
		"a gateway on this machine":  {"sms", "http://a:b@[::1]:13013/cgi-bin/sendsms", false},
		"the one inside the program": {"sms", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			b := pushBench{kind: domain.ChannelKind(tt.channel)}
			if err := b.setGateway(tt.gateway, false); (err != nil) != tt.refused {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestBenchTagReadsAFolder(t *testing.T) {
	code, out, errs := runArgs(t, "", "bench", "tag", "../../internal/demo/policies", "--time", "1ms", "--json")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	var found tagReport
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		t.Fatal(err)
	}
	if found.Documents < 6 || found.Measures == 0 || found.TenKBBytes < 9000 || found.TenKBBytes > 10_000 || found.MBPerSecond <= 0 {
		t.Errorf("report: %+v", found)
	}
	if code, _, errs := runArgs(t, "", "bench", "tag", t.TempDir()); code != 1 || !strings.Contains(errs, "没有读得懂的") {
		t.Errorf("an empty folder: %d %s", code, errs)
	}
}

func TestBenchSearchFindsWhatItComposed(t *testing.T) {
	code, out, errs := runArgs(t, "", "bench", "search", "../../internal/demo/policies", "--policies", "300", "--asked", "5", "--json")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	var found searchReport
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		t.Fatal(err)
	}
	if len(found.Kinds) != 5 || found.Disk == 0 || found.Kinds[1].Empty > 0 || found.Kinds[1].P99 < found.Kinds[1].P50 {
		t.Errorf("report: %+v", found)
	}
	if code, _, errs := runArgs(t, "", "bench", "search"); code != 2 || !strings.Contains(errs, "文件夹") {
		t.Errorf("without a folder: %d %s", code, errs)
	}
}

func TestQuantiles(t *testing.T) {
	var all timings
	for i := range 100 {
		all = append(all, time.Duration(100-i)*time.Millisecond)
	}
	for q, want := range map[float64]time.Duration{0: 1, 0.5: 50, 0.95: 95, 0.99: 99, 1: 100} {
		if got := all.quantile(q); got != want*time.Millisecond {
			t.Errorf("quantile %v = %v, want %v ms", q, got, want)
		}
	}
	if got := (timings{7}).quantile(0.5); got != 7 {
		t.Errorf("of one: %v", got)
	}
}
