package main

import (
	"context"
	"fmt"

	"policypush/internal/channel/sms"
)

// runSMSCallback prints the addresses at which the gateways that are set hand
// over receipts and what people reply. They hold a secret of the installation,
// so nothing else shows them. Kannel's receipts need no setting: each message
// carries their address. CMPP needs none at all.
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
	for _, provider := range b.cfg.SMS.ProviderList() {
		if provider == "kannel" {
			_, err = fmt.Fprintln(std.out, callbacks.ReplyURL())
		} else if _, posts := sms.InboundOf(provider); posts {
			_, err = fmt.Fprintf(std.out, "%s 状态报告 %s\n%s 上行短信 %s\n", provider, callbacks.PostURL(provider, "report"), provider, callbacks.PostURL(provider, "reply"))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
