package crowdstore

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
	"kaituan/groupbuy/partner"
)

type chunkRow struct {
	TagID      string `gorm:"primaryKey"`
	Generation int64  `gorm:"primaryKey"`
	Seq        int    `gorm:"primaryKey;autoIncrement:false"`
	PartnerID  string
	Members    int
	Buyers     string
}

// TableName is GORM's hook for the table.
func (chunkRow) TableName() string { return "tag_chunks" }

// separator stands between the buyers of a chunk; no identifier has it.
const separator = "\n"

func newChunkRow(job crowd.Job, seq int, c crowd.Chunk) chunkRow {
	var buyers strings.Builder
	for i, b := range c.Buyers {
		if i > 0 {
			buyers.WriteString(separator)
		}
		buyers.WriteString(string(b))
	}
	return chunkRow{
		TagID: string(job.Tag), Generation: int64(job.Generation), Seq: seq,
		PartnerID: string(c.Partner), Members: len(c.Buyers), Buyers: buyers.String(),
	}
}

func (r chunkRow) chunk() crowd.Chunk {
	c := crowd.Chunk{Partner: partner.ID(r.PartnerID), Buyers: make([]activity.Buyer, 0, r.Members)}
	for b := range strings.SplitSeq(r.Buyers, separator) {
		c.Buyers = append(c.Buyers, activity.Buyer(b))
	}
	return c
}

// AddMembers writes chunks. See groupbuy.Crowds.
func (s *Store) AddMembers(ctx context.Context, job crowd.Job, seq int, chunks []crowd.Chunk) error {
	rows := make([]chunkRow, len(chunks))
	for i, c := range chunks {
		rows[i] = newChunkRow(job, seq+i, c)
	}
	err := s.db.InTx(ctx, func(tx *gorm.DB) error {
		// The lease is moved by a hair, for only a row that changed is counted.
		held := tx.Exec("UPDATE tags SET lease_until = lease_until + 1 WHERE job_id = ?", string(job.ID))
		if err := guarded(held); err != nil {
			return err
		}
		return tx.Create(rows).Error
	})
	return failed(err, "add members to generation %d of tag %s", job.Generation, job.Tag)
}

// chunksAtATime bounds what a reader holds: about 2 MB.
const chunksAtATime = 32

// Members hands out a generation. See groupbuy.Crowds.
func (s *Store) Members(ctx context.Context, tag activity.TagID, generation crowd.Generation, use func(crowd.Chunk) error) error {
	for seq := 0; ; {
		var rows []chunkRow
		err := s.db.Read(ctx).Where("tag_id = ? AND generation = ? AND seq >= ?", string(tag), int64(generation), seq).
			Order("seq").Limit(chunksAtATime).Find(&rows).Error
		if err != nil {
			return failed(err, "members of generation %d of tag %s", generation, tag)
		}
		for _, row := range rows {
			if err := use(row.chunk()); err != nil {
				return err
			}
			seq = row.Seq + 1
		}
		if len(rows) < chunksAtATime {
			return nil
		}
	}
}

// Built returns the generations in use. See groupbuy.Crowds.
func (s *Store) Built(ctx context.Context) ([]crowd.Build, error) {
	var rows []struct {
		ID         string
		Generation int64
		Members    int64
		BuiltAt    int64
	}
	err := s.db.Read(ctx).Raw("SELECT id, generation, members, built_at FROM tags WHERE generation > 0 ORDER BY id").Scan(&rows).Error
	if err != nil {
		return nil, failed(err, "generations in use")
	}
	builds := make([]crowd.Build, len(rows))
	for i, r := range rows {
		builds[i] = crowd.Build{
			Tag: activity.TagID(r.ID), Generation: crowd.Generation(r.Generation), Members: r.Members, BuiltAt: instant(r.BuiltAt),
		}
	}
	return builds, nil
}

// dropAtATime bounds one delete: about 15 MB of members, so that no other writer waits long.
const dropAtATime = 1000

// DropStale deletes generations that nobody needs. The one before the last stays for readers that began with it. The
// tag's row is read first: a generation that a job writes at that moment has the number last_generation and a job_id.
// See groupbuy.Crowds.
func (s *Store) DropStale(ctx context.Context, tag activity.TagID) error {
	var stale []int64
	err := s.db.Read(ctx).Raw("SELECT DISTINCT c.generation FROM tag_chunks c JOIN tags t ON t.id = c.tag_id"+
		" WHERE c.tag_id = ? AND c.generation <> t.generation AND (t.job_id = '' OR c.generation <> t.last_generation)"+
		" AND c.generation <> (SELECT COALESCE(MAX(g.generation), 0) FROM tag_generations g WHERE g.tag_id = t.id AND g.generation < t.generation)",
		string(tag)).Scan(&stale).Error
	if err != nil {
		return failed(err, "stale generations of tag %s", tag)
	}
	for _, generation := range stale {
		if err := s.dropGeneration(ctx, tag, generation); err != nil {
			return failed(err, "drop generation %d of tag %s", generation, tag)
		}
	}
	return nil
}

func (s *Store) dropGeneration(ctx context.Context, tag activity.TagID, generation int64) error {
	var last int
	err := s.db.Read(ctx).Raw("SELECT COALESCE(MAX(seq), -1) FROM tag_chunks WHERE tag_id = ? AND generation = ?", string(tag), generation).Scan(&last).Error
	for from := 0; err == nil && from <= last; from += dropAtATime {
		err = s.db.InTx(ctx, func(tx *gorm.DB) error {
			return tx.Exec("DELETE FROM tag_chunks WHERE tag_id = ? AND generation = ? AND seq >= ? AND seq < ?",
				string(tag), generation, from, from+dropAtATime).Error
		})
	}
	if err != nil {
		return fmt.Errorf("delete chunks: %w", err)
	}
	return nil
}
