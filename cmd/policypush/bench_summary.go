package main

import (
	"fmt"
	"math"
	"slices"
)

// AudienceSummary is what the goals are about, of all expressions of a run.
type audienceSummary struct {
	Slowest       float64 `json:"slowest_us"` // p50 of the slowest audience
	SlowestLocal  float64 `json:"slowest_local_us"`
	SlowestCold   float64 `json:"slowest_cold_us"`
	ScanLeast     float64 `json:"scan_ratio_least"`
	ScanMedian    float64 `json:"scan_ratio_median"`
	RoaringLeast  float64 `json:"roaring_ratio_least,omitempty"`
	RoaringMedian float64 `json:"roaring_ratio_median,omitempty"`
	// Of the audience that is nearest to five million people.
	Large  uint64  `json:"large"`
	Count  float64 `json:"large_count_us"` // by county, industry and size
	Freeze float64 `json:"large_freeze_us"`
}

const largeAudience = 5_000_000

func summaryOf(all []questionTimes) audienceSummary {
	var s audienceSummary
	var scan, roaring []float64
	away := math.Inf(1)
	for _, e := range all {
		if e.Local {
			s.SlowestLocal = max(s.SlowestLocal, e.Audience.P50)
		}
		s.Slowest = max(s.Slowest, e.Audience.P50)
		s.SlowestCold = max(s.SlowestCold, e.Cold)
		scan = append(scan, e.Scan/max(e.Audience.P50, 0.001))
		if e.Roaring > 0 {
			roaring = append(roaring, e.Roaring/max(e.Audience.P50, 0.001))
		}
		if d := math.Abs(float64(e.Likely+e.Possible) - largeAudience); d < away {
			away = d
			s.Large, s.Count, s.Freeze = e.Likely+e.Possible, e.Count.P50, e.Freeze.P50
		}
	}
	s.ScanLeast, s.ScanMedian = leastAndMedian(scan)
	s.RoaringLeast, s.RoaringMedian = leastAndMedian(roaring)
	return s
}

// LeastAndMedian returns zeros of nothing.
func leastAndMedian(values []float64) (least, median float64) {
	if len(values) == 0 {
		return 0, 0
	}
	slices.Sort(values)
	return values[0], values[len(values)/2]
}

func (s audienceSummary) table() table {
	ratios := func(least, median float64) string {
		if least == 0 {
			return "—"
		}
		return fmt.Sprintf("%.1f× / %.1f×", least, median)
	}
	return table{
		title: "与目标对照（目标是一千万个对象、双核）",
		head:  []string{"项目", "结果", "目标"},
		rows: [][]string{
			{"最慢的一个条件，p50", inUnits(s.Slowest), "≤ 1.5 ms"},
			{"一个县以内最慢的，p50", inUnits(s.SlowestLocal), "≤ 80 µs"},
			{"冷缓存最慢的", inUnits(s.SlowestCold), "≤ 3 ms"},
			{"双核扫描是它的几倍，最小 / 中位", ratios(s.ScanLeast, s.ScanMedian), "≥ 40× / 150×"},
			{"roaring 库是它的几倍，最小 / 中位", ratios(s.RoaringLeast, s.RoaringMedian), "≥ 3× / 6×"},
			{fmt.Sprintf("%d 人按县、行业、规模统计", s.Large), inUnits(s.Count), "≤ 40 ms"},
			{"冻结同样的名单", inUnits(s.Freeze), "≤ 2 ms"},
		},
	}
}
