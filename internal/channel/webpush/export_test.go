package webpush

// Dial asks whether a connection to an address would be made.
func (h Hosts) Dial(network, address string) error { return h.dial(network, address, nil) }
