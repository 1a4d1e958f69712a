package main

import (
	"maps"
	"slices"
	"testing"

	"policypush/internal/config"
	"policypush/internal/domain"
	"policypush/internal/push"
)

// TestCapsOfTheSettings: an office caps what leaves the house and nothing else,
// and without a setting gets the caps of package push.
func TestCapsOfTheSettings(t *testing.T) {
	var channels []string
	for _, kind := range domain.Outgoing() {
		channels = append(channels, string(kind))
	}
	if !slices.Equal(channels, config.Capped()) {
		t.Errorf("a setting may cap %v, messages go out over %v", config.Capped(), channels)
	}
	s := service{base: &base{cfg: config.Defaults()}}
	s.cfg.RestDays = config.RestNone // no rules are loaded
	limits, err := s.limits()
	want := push.DefaultLimits()
	if err != nil || !maps.Equal(limits.PerDay, want.PerDay) || !maps.Equal(limits.PerWeek, want.PerWeek) {
		t.Errorf("without a setting %+v, %v", limits, err)
	}
	s.cfg.Caps.Day, s.cfg.Caps.Week = "wechat:3", "none"
	if limits, err = s.limits(); err != nil || len(limits.PerDay) != 1 || limits.PerDay[domain.WeChat] != 3 || len(limits.PerWeek) != 0 {
		t.Errorf("with one %+v, %v", limits, err)
	}
}
