package crowd

import (
	"hash/maphash"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
)

// Directory answers from memory who belongs to a tag; it implements activity.Crowd. Any number of goroutines may
// ask while generations are put in.
//
// A tag is a sorted list of 64-bit hashes of partner and buyer, 8 bytes a member: 40 MB for 5 million. A buyer who is
// not a member is taken for one when the hash equals a member's: with n members the odds are n in 2^64, for 5 million
// one in 3.7 trillion per question. The hash is keyed by a random seed of the process, so nobody can look for such a
// name, and a false member at one node is none at the next.
type Directory struct {
	seed maphash.Seed
	sets atomic.Pointer[map[activity.TagID]*set]
	swap sync.Mutex // held by writers
}

var _ activity.Crowd = (*Directory)(nil)

type set struct {
	generation Generation
	hashes     []uint64 // sorted
}

// NewDirectory returns a directory in which no tag was ever built.
func NewDirectory() *Directory {
	d := &Directory{seed: maphash.MakeSeed()}
	d.sets.Store(&map[activity.TagID]*set{})
	return d
}

// Tagged says whether a buyer belongs to a tag. It neither blocks nor allocates.
func (d *Directory) Tagged(p partner.ID, tag activity.TagID, b activity.Buyer) activity.Membership {
	s, built := (*d.sets.Load())[tag]
	if !built {
		return activity.NeverBuilt
	}
	if _, found := slices.BinarySearch(s.hashes, d.hash(p, b)); found {
		return activity.In
	}
	return activity.NotIn
}

// Generation returns which generation of a tag is in the directory; 0: none.
func (d *Directory) Generation(tag activity.TagID) Generation {
	if s, built := (*d.sets.Load())[tag]; built {
		return s.generation
	}
	return 0
}

func (d *Directory) hash(p partner.ID, b activity.Buyer) uint64 {
	var h maphash.Hash
	h.SetSeed(d.seed)
	_, _ = h.WriteString(string(p)) // never fails
	_ = h.WriteByte(0)              // in no identifier, so that partner and buyer cannot run into each other
	_, _ = h.WriteString(string(b))
	return h.Sum64()
}

// Draft is a generation on its way into the directory. It is for one goroutine.
type Draft struct {
	directory *Directory
	hashes    []uint64
}

// Draft begins a generation of so many members, to be had in one piece of memory.
func (d *Directory) Draft(members int64) *Draft {
	return &Draft{directory: d, hashes: make([]uint64, 0, max(0, members))}
}

// Add puts in a run of members.
func (d *Draft) Add(c Chunk) {
	for _, b := range c.Buyers {
		d.hashes = append(d.hashes, d.directory.hash(c.Partner, b))
	}
}

// Members is how many were added.
func (d *Draft) Members() int64 { return int64(len(d.hashes)) }

// Publish answers from the draft from now on, unless a later generation of the tag is in already. The draft must not
// be used any more.
func (d *Draft) Publish(tag activity.TagID, generation Generation) {
	slices.Sort(d.hashes)
	dir := d.directory
	dir.swap.Lock()
	defer dir.swap.Unlock()
	if dir.Generation(tag) >= generation {
		return
	}
	next := maps.Clone(*dir.sets.Load())
	next[tag] = &set{generation: generation, hashes: d.hashes}
	dir.sets.Store(&next)
}
