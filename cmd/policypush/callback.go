package main

import (
	"context"
	"fmt"
)

// RunSMSCallback prints the address at which the gateway hands over what
// people reply. It holds a secret of the installation, so nothing else shows
// it; delivery reports need no setting, each message carries their address.
func runSMSCallback(ctx context.Context, std stdio, args []string) error {
	b, rest, err := openBase(ctx, std, "sms callback", args, nil)
	if err != nil {
		return err
	}
	defer b.close()
	if len(rest) > 0 {
		return errUsage{fmt.Sprintf("不认识“%s”", rest[0])}
	}
	callbacks, err := b.callbacks()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(std.out, callbacks.ReplyURL())
	return err
}
