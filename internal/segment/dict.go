package segment

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/yanyiwu/gojieba"
)

const (
	dictFile  = "jieba.dict.utf8"
	module    = "github.com/yanyiwu/gojieba"
	inModule  = "deps/cppjieba/dict"
	minWords  = 1000 // fewer means a file that was cut off or is something else
	wordParts = 3    // word, frequency, part of speech
)

// find returns the path of the dictionary. A folder that was set must have it;
// otherwise the usual places are tried in turn.
func find(dir string) (string, error) {
	if dir != "" {
		path := filepath.Join(dir, dictFile)
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("设定的词典目录%s里没有分词词典%s，请改正设置dict_dir或把词典放进去: %w", dir, dictFile, err)
		}
		return path, nil
	}
	places := usualPlaces()
	for _, dir := range places {
		path := filepath.Join(dir, dictFile)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("找不到分词词典%s，请把发布包中的dict目录放在程序旁边，或用设置dict_dir指明它的位置；已找过：%s",
		dictFile, strings.Join(places, "、"))
}

// usualPlaces lists the folder dict beside the program and the module cache,
// as far as the environment tells where that is.
func usualPlaces() []string {
	var places []string
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		places = append(places, filepath.Join(filepath.Dir(exe), "dict"))
	}
	// Known unless the program was built with -trimpath.
	if filepath.IsAbs(gojieba.DICT_DIR) {
		places = append(places, gojieba.DICT_DIR)
	}
	caches := []string{os.Getenv("GOMODCACHE")}
	for _, dir := range filepath.SplitList(os.Getenv("GOPATH")) {
		caches = append(caches, filepath.Join(dir, "pkg", "mod"))
	}
	if home, err := os.UserHomeDir(); err == nil {
		caches = append(caches, filepath.Join(home, "go", "pkg", "mod"))
	}
	folder := filepath.FromSlash(module + "@" + moduleVersion() + "/" + inModule)
	for _, cache := range caches {
		if cache == "" {
			continue
		}
		if place := filepath.Join(cache, folder); len(places) == 0 || places[len(places)-1] != place {
			places = append(places, place)
		}
	}
	return places
}

// moduleVersion returns the version of jieba that is linked in.
func moduleVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == module {
				return m.Version
			}
		}
	}
	return "v1.4.7"
}

// check reads the dictionary as jieba would, since jieba ends the process at
// the first bad line, and shows each the words with their counts. It takes
// 60 ms.
func check(path string, each func(word string, count float64)) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("分词词典%s打不开，请检查权限: %w", path, err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	n := 0
	for lines.Scan() {
		n++
		line := lines.Text()
		word, rest, _ := strings.Cut(line, " ")
		count, _, _ := strings.Cut(rest, " ")
		if strings.Count(line, " ") != wordParts-1 || !counted(count) {
			return fmt.Errorf("分词词典%s第%d行坏了，应为“词 次数 词性”，请换回发布包中的词典", path, n)
		}
		times, _ := strconv.ParseFloat(count, 64) // so long that it is out of range, it is infinite
		each(word, times)
	}
	if err := lines.Err(); err != nil && !errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("分词词典%s读不了: %w", path, err)
	} else if err != nil || n < minWords {
		return fmt.Errorf("分词词典%s不完整，请换回发布包中的词典", path)
	}
	return nil
}

// counted tells whether a word's frequency is a number above zero.
func counted(count string) bool {
	return count != "" && strings.Trim(count, "0123456789") == "" && strings.Trim(count, "0") != ""
}
