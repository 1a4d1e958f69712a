package config

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxFile bounds the settings file, in bytes.
const maxFile = 1 << 20

// KeysVariable may hold the keys that seal contacts, in place of the key file,
// where a platform hands secrets out that way. It is not a setting: Load never
// reads it.
const KeysVariable = "POLICYPUSH_KEYS"

// notSetting knows the variables with our prefix that mean something else: those
// of tests, and the binary that they start.
func notSetting(name string) bool {
	return name == KeysVariable || name == "POLICYPUSH_BIN" || strings.HasPrefix(name, "POLICYPUSH_TEST_")
}

// Load reads the settings for a command: flags stand in args, variables in
// environ (as of os.Environ). It returns what is left of args. extra may
// declare the command's own flags, and fs.Usage prints all. Mistakes are
// reported in Chinese with file and line, variable or flag.
func Load(fs *flag.FlagSet, args, environ []string) (cfg Config, rest []string, err error) {
	cfg = Defaults()
	settings := cfg.settings()
	byKey := make(map[string]setting, len(settings))
	file := fs.String("config", "", "设置文件（YAML）")
	type given struct{ key, value string }
	var flags []given
	for _, s := range settings {
		byKey[s.key] = s
		fs.Func(s.key, fmt.Sprintf("%s（默认 %s）", s.help, orNone(s.show())), func(v string) error {
			flags = append(flags, given{s.key, v})
			return nil
		})
	}
	if rest, err = parse(fs, args); err != nil {
		return cfg, nil, err
	}
	environment, err := fromEnvironment(settings, environ)
	if err != nil {
		return cfg, nil, err
	}
	path := *file
	if path == "" {
		path = environment["config"]
	}
	if path != "" {
		if err := readFile(path, byKey); err != nil {
			return cfg, nil, err
		}
	}
	for _, s := range settings {
		v, ok := environment[s.key]
		if !ok {
			continue
		}
		if err := s.set(v); err != nil {
			return cfg, nil, fmt.Errorf("环境变量 %s %w", s.envName(), err)
		}
	}
	for _, f := range flags {
		if err := byKey[f.key].set(f.value); err != nil {
			return cfg, nil, fmt.Errorf("选项 --%s %w", f.key, err)
		}
	}
	return cfg, rest, cfg.Validate()
}

// parse takes flags before, between and after the other arguments.
func parse(fs *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := fs.Parse(args); err != nil {
			return nil, err
		}
		if fs.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, fs.Arg(0))
		args = fs.Args()[1:]
	}
}

func orNone(v string) string {
	if v == "" {
		return "无"
	}
	return v
}

// fromEnvironment picks our variables out. One that no setting knows is most
// likely misspelt, so it is refused.
func fromEnvironment(settings []setting, environ []string) (map[string]string, error) {
	keys := map[string]string{"POLICYPUSH_CONFIG": "config"}
	for _, s := range settings {
		keys[s.envName()] = s.key
	}
	values := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "POLICYPUSH_") || notSetting(name) {
			continue
		}
		key, ok := keys[name]
		if !ok {
			return nil, fmt.Errorf("没有环境变量 %s 对应的设置，请检查拼写", name)
		}
		values[key] = value
	}
	return values, nil
}

// readFile applies a YAML file: nested maps, whose keys joined by dots name
// settings.
func readFile(path string, byKey map[string]setting) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("读不到设置文件 %s：请检查路径和权限", path)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("读设置文件 %s 时出错：%w", path, err)
	}
	if len(data) > maxFile {
		return fmt.Errorf("设置文件 %s 超过 1 MB，不像是设置文件", path)
	}
	return applyYAML(path, data, byKey)
}

func applyYAML(path string, data []byte, byKey map[string]setting) error {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return fmt.Errorf("%s 不是正确的 YAML：%w", path, err)
	}
	if len(doc.Content) == 0 {
		return nil // an empty file sets nothing
	}
	seen := map[string]int{}
	var walk func(n *yaml.Node, prefix string) error
	walk = func(n *yaml.Node, prefix string) error {
		if n.Kind != yaml.MappingNode {
			return fmt.Errorf("%s 第%d行：%s应当是“名称: 值”的列表", path, n.Line, prefix)
		}
		for i := 0; i < len(n.Content); i += 2 {
			name, value := n.Content[i], n.Content[i+1]
			key := prefix + name.Value
			s, known := byKey[key]
			switch {
			case seen[key] > 0:
				return fmt.Errorf("%s 第%d行：%s 重复，第%d行已经写过", path, name.Line, key, seen[key])
			case value.Tag == "!!null" && (known || isGroup(byKey, key)):
				// "sms:" with nothing below it leaves the defaults
			case known && value.Kind == yaml.ScalarNode:
				if err := s.set(value.Value); err != nil {
					return fmt.Errorf("%s 第%d行：%s %w", path, value.Line, key, err)
				}
			case known:
				return fmt.Errorf("%s 第%d行：%s 只能是一个值", path, value.Line, key)
			case !isGroup(byKey, key):
				return fmt.Errorf("%s 第%d行：没有名为 %s 的设置，请检查拼写", path, name.Line, key)
			default:
				if err := walk(value, key+"."); err != nil {
					return err
				}
			}
			seen[key] = name.Line
		}
		return nil
	}
	return walk(doc.Content[0], "")
}

func isGroup(byKey map[string]setting, key string) bool {
	for k := range byKey {
		if strings.HasPrefix(k, key+".") {
			return true
		}
	}
	return false
}

// Changed lists the settings that differ from the defaults, as "key=value"
// without secrets, for the log at start.
func (c Config) Changed() []string {
	defaults := Defaults()
	before := defaults.settings()
	var lines []string
	for i, s := range c.settings() {
		if v := s.show(); v != before[i].show() {
			lines = append(lines, s.key+"="+v)
		}
	}
	return lines
}
