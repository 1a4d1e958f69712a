package audience

// postings says who of a chunk holds which keyword: for each keyword id the
// slots of its holders, in no order. The zero value is empty. The chunk's lock
// guards it.
//
// Most keywords have one or two holders in a chunk and a few have thousands.
// So the slots of a keyword stand in a chain of blocks of sixteen bytes: one
// block for most, and few bytes a slot for long chains. Only the first block
// of a chain may have room. The chain is found by an open hash table; adding
// touches one block.
type postings struct {
	chains []chain // a power of two, at most three quarters full
	used   int
	blocks []block
	free   uint32 // first of a chain of unused blocks, counted from 1
}

// chain is a keyword's place in the table. Blocks count from 1; a place
// without a block is empty.
type chain struct {
	keyword, first uint32
}

const blockSlots = 5

type block struct {
	next  uint32
	n     uint16
	slots [blockSlots]uint16
}

// home is where the search for a keyword begins.
func (p *postings) home(keyword uint32) uint32 {
	return uint32(uint64(keyword*0x9E3779B1) * uint64(len(p.chains)) >> 32)
}

func (p *postings) look(keyword uint32) (at uint32, ok bool) {
	if len(p.chains) == 0 {
		return 0, false
	}
	mask := uint32(len(p.chains) - 1)
	for at = p.home(keyword); p.chains[at].first != 0; at = (at + 1) & mask {
		if p.chains[at].keyword == keyword {
			return at, true
		}
	}
	return at, false
}

// add puts a slot under a keyword, where it must not stand yet.
func (p *postings) add(keyword uint32, slot uint16) {
	at, ok := p.look(keyword)
	if !ok {
		if 4*(p.used+1) > 3*len(p.chains) {
			p.grow()
			at, _ = p.look(keyword)
		}
		p.chains[at] = chain{keyword: keyword}
		p.used++
	}
	c := &p.chains[at]
	if c.first == 0 || p.blocks[c.first-1].n == blockSlots {
		n := p.block()
		p.blocks[n-1].next = c.first
		c.first = n
	}
	b := &p.blocks[c.first-1]
	b.slots[b.n] = slot
	b.n++
}

// block takes an unused block, counted from 1.
func (p *postings) block() uint32 {
	if n := p.free; n != 0 {
		p.free = p.blocks[n-1].next
		p.blocks[n-1] = block{}
		return n
	}
	p.blocks = append(p.blocks, block{})
	return uint32(len(p.blocks))
}

// remove takes a slot away from a keyword, if it stands there.
func (p *postings) remove(keyword uint32, slot uint16) {
	at, ok := p.look(keyword)
	if !ok {
		return
	}
	first := &p.blocks[p.chains[at].first-1]
	for n := p.chains[at].first; n != 0; n = p.blocks[n-1].next {
		b := &p.blocks[n-1]
		for i := range b.slots[:b.n] {
			if b.slots[i] != slot {
				continue
			}
			first.n-- // the last slot of the first block fills the hole
			b.slots[i] = first.slots[first.n]
			if first.n == 0 {
				p.release(at)
			}
			return
		}
	}
}

// release gives the empty first block of a chain back, and the chain's place
// if it was the only one.
func (p *postings) release(at uint32) {
	n := p.chains[at].first
	p.chains[at].first = p.blocks[n-1].next
	p.blocks[n-1].next, p.free = p.free, n
	if p.chains[at].first != 0 {
		return
	}
	p.used--
	mask := uint32(len(p.chains) - 1)
	for next := (at + 1) & mask; p.chains[next].first != 0; next = (next + 1) & mask {
		if home := p.home(p.chains[next].keyword); (next-home)&mask >= (next-at)&mask {
			p.chains[at] = p.chains[next]
			at = next
		}
	}
	p.chains[at] = chain{}
}

func (p *postings) grow() {
	old := p.chains
	p.chains = make([]chain, max(16, 2*len(old)))
	for _, c := range old {
		if c.first != 0 {
			at, _ := p.look(c.keyword)
			p.chains[at] = c
		}
	}
}

// union sets the bits of all who hold one of the keywords.
func (p *postings) union(keywords []uint32, into *[1024]uint64) {
	for _, keyword := range keywords {
		at, ok := p.look(keyword)
		if !ok {
			continue
		}
		for n := p.chains[at].first; n != 0; n = p.blocks[n-1].next {
			b := &p.blocks[n-1]
			for _, slot := range b.slots[:b.n] {
				into[slot>>6] |= 1 << (slot & 63)
			}
		}
	}
}

// bytes returns what the postings take.
func (p *postings) bytes() int { return 8*cap(p.chains) + 16*cap(p.blocks) }
