package audience

// postings says who of a chunk holds which keyword, both ways: the slots of a
// keyword's holders, and the keywords that a slot holds. The zero value is
// empty. The chunk's lock guards it.
type postings struct {
	holders chains[uint16] // keyword → slots
	held    chains[uint32] // slot → keywords
}

// add lets a slot hold a keyword, which it must not hold yet.
func (p *postings) add(word uint32, slot uint16) {
	p.holders.add(word, slot)
	p.held.add(uint32(slot), word)
}

// remove takes a keyword from a slot, if it holds it.
func (p *postings) remove(word uint32, slot uint16) {
	p.holders.remove(word, slot)
	p.held.remove(uint32(slot), word)
}

// of returns the keywords that a slot holds, in no order.
func (p *postings) of(slot uint16) []uint32 {
	var words []uint32
	p.held.each(uint32(slot), func(some []uint32) { words = append(words, some...) })
	return words
}

// union sets the bits of all who hold one of the keywords.
func (p *postings) union(words []uint32, into *[1024]uint64) {
	for _, word := range words {
		p.holders.each(word, func(slots []uint16) {
			for _, slot := range slots {
				into[slot>>6] |= 1 << (slot & 63)
			}
		})
	}
}

// chains maps keys to sets of values in no order.
//
// Most keywords have one or two holders in a chunk and a few have thousands.
// So the values of a key stand in a chain of small blocks: one block for most
// keys, and few bytes a value in long chains. Only the first block of a chain
// may have room. The chain is found by an open hash table; adding touches one
// block.
type chains[V uint16 | uint32] struct {
	table  []chain // a power of two, at most three quarters full
	used   int
	blocks []block[V]
	free   uint32 // first of a chain of unused blocks, counted from 1
}

// chain is a key's place in the table. Blocks count from 1; a place without a
// block is empty.
type chain struct {
	key, first uint32
}

const blockValues = 5

type block[V uint16 | uint32] struct {
	next   uint32
	n      uint16
	values [blockValues]V
}

// home is where the search for a key begins.
func (c *chains[V]) home(key uint32) uint32 {
	return uint32(uint64(key*0x9E3779B1) * uint64(len(c.table)) >> 32)
}

// look returns the place of a key, or the empty one where it would stand. The
// table must not be empty.
func (c *chains[V]) look(key uint32) (at uint32, ok bool) {
	mask := uint32(len(c.table) - 1)
	for at = c.home(key); c.table[at].first != 0; at = (at + 1) & mask {
		if c.table[at].key == key {
			return at, true
		}
	}
	return at, false
}

// add puts a value under a key, where it must not stand yet.
func (c *chains[V]) add(key uint32, value V) {
	if 4*(c.used+1) > 3*len(c.table) {
		c.grow()
	}
	at, ok := c.look(key)
	if !ok {
		c.table[at].key = key
		c.used++
	}
	first := &c.table[at].first
	if *first == 0 || c.blocks[*first-1].n == blockValues {
		n := c.block()
		c.blocks[n-1].next = *first
		*first = n
	}
	b := &c.blocks[*first-1]
	b.values[b.n] = value
	b.n++
}

// block takes an unused block, counted from 1.
func (c *chains[V]) block() uint32 {
	if n := c.free; n != 0 {
		c.free = c.blocks[n-1].next
		c.blocks[n-1] = block[V]{}
		return n
	}
	c.blocks = append(c.blocks, block[V]{})
	return uint32(len(c.blocks))
}

// remove takes a value away from a key, if it stands there.
func (c *chains[V]) remove(key uint32, value V) {
	if len(c.table) == 0 {
		return
	}
	at, ok := c.look(key)
	if !ok {
		return
	}
	first := &c.blocks[c.table[at].first-1]
	for n := c.table[at].first; n != 0; n = c.blocks[n-1].next {
		b := &c.blocks[n-1]
		for i := range b.values[:b.n] {
			if b.values[i] != value {
				continue
			}
			first.n-- // the last value of the first block fills the hole
			b.values[i] = first.values[first.n]
			if first.n == 0 {
				c.release(at)
			}
			return
		}
	}
}

// release gives the empty first block of a chain back, and the chain's place
// if it was the only one.
func (c *chains[V]) release(at uint32) {
	n := c.table[at].first
	c.table[at].first = c.blocks[n-1].next
	c.blocks[n-1].next, c.free = c.free, n
	if c.table[at].first != 0 {
		return
	}
	c.used--
	mask := uint32(len(c.table) - 1)
	for next := (at + 1) & mask; c.table[next].first != 0; next = (next + 1) & mask {
		if home := c.home(c.table[next].key); (next-home)&mask >= (next-at)&mask {
			c.table[at] = c.table[next]
			at = next
		}
	}
	c.table[at] = chain{}
}

func (c *chains[V]) grow() {
	old := c.table
	c.table = make([]chain, max(16, 2*len(old)))
	for _, entry := range old {
		if entry.first != 0 {
			at, _ := c.look(entry.key)
			c.table[at] = entry
		}
	}
}

// each calls yield with the values of a key, block by block.
func (c *chains[V]) each(key uint32, yield func([]V)) {
	if len(c.table) == 0 {
		return
	}
	at, ok := c.look(key)
	if !ok {
		return
	}
	for n := c.table[at].first; n != 0; n = c.blocks[n-1].next {
		yield(c.blocks[n-1].values[:c.blocks[n-1].n])
	}
}
