package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"policypush/internal/config"
)

// loadConfig reads the settings of a command. own may declare the command's
// own flags; what is neither flag nor setting is returned.
func loadConfig(std stdio, name string, args []string, own func(*flag.FlagSet)) (config.Config, []string, error) {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	if own != nil {
		own(fs)
	}
	cfg, rest, err := config.Load(fs, args, os.Environ())
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(std.out, "policypush %s 的选项：\n", name)
		fs.SetOutput(std.out)
		fs.PrintDefaults()
		return cfg, nil, err
	case err != nil:
		return cfg, nil, errUsage{err.Error()}
	}
	return cfg, rest, nil
}
