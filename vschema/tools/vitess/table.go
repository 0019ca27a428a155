package main

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
	"unicode"
	"unicode/utf8"
	"unsafe"

	"vitess.io/vitess/go/mysql/collations/vindex/collate"
	"vitess.io/vitess/go/mysql/collations/vindex/internal/colltab"
	"vitess.io/vitess/go/mysql/collations/vindex/unicode/norm"
)

// Values of a code point in the table's blocks that aren't sequences.
const (
	implicit = iota // a primary weight computed from the code point
	hangul          // the elements of its jamo
	reserved
)

const (
	firstHangul, lastHangul = 0xAC00, 0xD7A3
	blockBits               = 6
)

type node struct {
	result   int // sequence, or -1
	children map[rune]*node
	index    int
}

type table struct {
	coll      *colltab.Table
	values    [utf8.MaxRune + 1]int
	sequences [][]uint32
	starters  []rune
	roots     []*node
	suffixes  []string // starter and suffix of each contraction
	marks     []mark
}

// A mark is a code point whose canonical decomposition begins with a combining mark.
type mark struct {
	r                  rune
	lead, trail, marks uint8
}

func collationTable() *colltab.Table {
	hasher := collate.New(md5.New())
	// The iterator is the hasher's first field.
	return (*colltab.Iter)(unsafe.Pointer(hasher)).Weighter
}

// lookup is the raw entry of a code point.
func lookup(t *colltab.Table, s string) uint32 {
	c := s[0]
	if c < utf8.RuneSelf {
		return t.Index.Values0[c]
	}
	i := t.Index.Index0[c]
	for _, b := range []byte(s[1 : len(s)-1]) {
		i = t.Index.Index[int(i)<<6+int(b)]
	}
	return t.Index.Values[int(i)<<6+int(s[len(s)-1])]
}

func elements(t *colltab.Table, s string) []uint32 {
	var out []uint32
	elems, n := t.AppendNext(nil, []byte(s))
	if n != len(s) {
		return nil
	}
	for _, e := range elems {
		out = append(out, uint32(e.CCC())<<24|uint32(e.Primary()))
	}
	return out
}

func buildTable() *table {
	t := &table{coll: collationTable()}
	known := map[string]int{}
	sequence := func(elems []uint32) int {
		key := fmt.Sprint(elems)
		id, ok := known[key]
		if !ok {
			id = len(t.sequences)
			known[key] = id
			t.sequences = append(t.sequences, elems)
		}
		return id
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		s := string(r)
		entry := lookup(t.coll, s)
		elems := elements(t.coll, s)
		switch {
		case r >= firstHangul && r <= lastHangul && entry == 0:
			var jamo []uint32
			for _, j := range string(norm.NFD.Append(nil, []byte(s)...)) {
				jamo = append(jamo, elements(t.coll, string(j))...)
			}
			if !slices.Equal(jamo, elems) {
				panic(fmt.Sprintf("%U isn't the sum of its jamo", r))
			}
			t.values[r] = hangul
		case entry == 0:
			want := uint32(r) + 0x50000
			if unicode.Is(unicode.Ideographic, r) {
				want = uint32(r) + 0x20000
				if r >= 0x4E00 && r <= 0x9FFF || r >= 0xF900 && r <= 0xFAFF {
					want = uint32(r) + 0x10000
				}
			}
			if len(elems) != 1 || elems[0] != want {
				panic(fmt.Sprintf("%U has no implicit weight", r))
			}
			t.values[r] = implicit
		case entry >= 0xC0000000 && entry <= 0xDFFFFFFF && entry > 0xAFFFFFFF:
			t.starters = append(t.starters, r)
		case len(elems) == 0:
			panic(fmt.Sprintf("%U has no elements", r))
		default:
			t.values[r] = reserved + sequence(elems)
		}
		if p := norm.NFD.Properties([]byte(s)); p.LeadCCC() != 0 {
			n := 0
			for _, d := range string(norm.NFD.Append(nil, []byte(s)...)) {
				if norm.NFD.Properties([]byte(string(d))).LeadCCC() == 0 {
					break
				}
				n++
			}
			t.marks = append(t.marks, mark{r, p.LeadCCC(), p.TrailCCC(), uint8(n)})
		}
	}
	// Contractions that follow the starters' own sequences.
	for _, r := range t.starters {
		entry := lookup(t.coll, string(r))
		t.roots = append(t.roots, t.contractions(r, entry, sequence))
	}
	for i, r := range t.starters {
		t.values[r] = reserved + len(t.sequences)
		t.sequences = append(t.sequences, elements(t.coll, string(r)))
		t.roots[i].result = t.values[r] - reserved
	}
	return t
}

// contractions is the tree of all suffixes that contract with a starter.
func (t *table) contractions(r rune, entry uint32, sequence func([]uint32) int) *node {
	root := &node{result: -1, children: map[rune]*node{}}
	n, index := int(entry&0xF), int(entry>>4&0xFFF)
	add := func(suffix []byte) {
		if !utf8.Valid(suffix) {
			panic(fmt.Sprintf("%U contracts with half a code point", r))
		}
		s := string(r) + string(suffix)
		elems := elements(t.coll, s)
		if elems == nil {
			panic(fmt.Sprintf("%q isn't matched as a whole", s))
		}
		at := root
		for _, c := range string(suffix) {
			if at.children[c] == nil {
				at.children[c] = &node{result: -1, children: map[rune]*node{}}
			}
			at = at.children[c]
		}
		at.result = sequence(elems)
		t.suffixes = append(t.suffixes, s)
	}
	var walk func(states colltab.ContractTrieSet, n int, prefix []byte)
	walk = func(states colltab.ContractTrieSet, n int, prefix []byte) {
		for _, e := range states[:n] {
			if e.N == 0 {
				for c := int(e.L); c <= max(int(e.L), int(e.H)); c++ {
					add(append(bytes.Clone(prefix), byte(c)))
				}
				continue
			}
			next := append(bytes.Clone(prefix), e.L)
			if e.I != 0xFF {
				add(next)
			}
			walk(states[int(e.H)+n:], int(e.N), next)
		}
	}
	walk(t.coll.ContractTries[index:], n, nil)
	return root
}

func (t *table) encode() []byte {
	var nodes []*node
	nodes = append(nodes, t.roots...)
	type edge struct {
		r  rune
		to *node
	}
	edges := [][]edge{}
	for i := 0; i < len(nodes); i++ {
		nodes[i].index = i
		var list []edge
		for r, child := range nodes[i].children {
			list = append(list, edge{r, child})
		}
		sort.Slice(list, func(a, b int) bool { return list[a].r < list[b].r })
		for _, e := range list {
			nodes = append(nodes, e.to)
		}
		edges = append(edges, list)
	}
	blocks := map[[1 << blockBits]uint16]uint16{}
	var blockList [][1 << blockBits]uint16
	var index []uint16
	for b := 0; b < len(t.values)>>blockBits; b++ {
		var block [1 << blockBits]uint16
		for i := range block {
			block[i] = uint16(t.values[b<<blockBits+i])
		}
		id, ok := blocks[block]
		if !ok {
			id = uint16(len(blockList))
			blocks[block] = id
			blockList = append(blockList, block)
		}
		index = append(index, id)
	}
	if len(t.sequences)+reserved > 0xFFFF || len(nodes) > 0xFFFF {
		panic("the table doesn't fit")
	}
	var out bytes.Buffer
	put := func(v any) {
		if err := binary.Write(&out, binary.LittleEndian, v); err != nil {
			panic(err)
		}
	}
	// Each section is a count and its items.
	section := func(n int) { put(uint32(n)) }
	section(len(index))
	put(index)
	section(len(blockList) << blockBits)
	for _, block := range blockList {
		put(block)
	}
	offset := uint32(0)
	section(len(t.sequences) + 1)
	put(offset)
	for _, s := range t.sequences {
		offset += uint32(len(s))
		put(offset)
	}
	section(int(offset))
	for _, s := range t.sequences {
		put(s)
	}
	put(uint32(len(t.sequences) - len(t.starters))) // the first starter's sequence
	section(len(nodes) + 1)
	first := uint32(0)
	put(first)
	for _, list := range edges {
		first += uint32(len(list))
		put(first)
	}
	section(len(nodes))
	for _, n := range nodes {
		put(uint16(n.result + 1))
	}
	section(int(first))
	for _, list := range edges {
		for _, e := range list {
			put(uint32(e.r))
		}
	}
	section(int(first))
	for _, list := range edges {
		for _, e := range list {
			put(uint16(e.to.index))
		}
	}
	section(len(t.marks))
	for _, m := range t.marks {
		put(uint32(m.r))
	}
	section(len(t.marks))
	for _, m := range t.marks {
		put(uint32(m.lead) | uint32(m.trail)<<8 | uint32(m.marks)<<16)
	}
	var ideographs []uint32
	for r := rune(0); r <= unicode.MaxRune; r++ {
		is := unicode.Is(unicode.Ideographic, r) && t.values[r] == implicit
		if is && (r == 0 || len(ideographs) == 0 || ideographs[len(ideographs)-1] != uint32(r)) {
			ideographs = append(ideographs, uint32(r), uint32(r)+1)
		} else if is {
			ideographs[len(ideographs)-1] = uint32(r) + 1
		}
	}
	section(len(ideographs))
	put(ideographs)
	fmt.Println(len(t.sequences), "sequences,", len(t.starters), "starters,", len(t.suffixes), "contractions,", len(nodes), "nodes,", len(t.marks), "marks,", len(blockList), "blocks,", offset, "elements,", len(ideographs)/2, "ideograph ranges")
	return out.Bytes()
}
