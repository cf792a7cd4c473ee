package crowdstore

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
)

// listWait is how long a list may be queued before it is started by the very call that queued it.
const listWait = time.Minute

type jobRow struct {
	ID         string
	TagID      string
	Cause      string
	Status     string
	Generation int64
	FactsRead  int64
	Members    int64
	QueuedAt   int64
	StartedAt  int64
	LeaseUntil int64
}

func (r jobRow) job() crowd.Job {
	return crowd.Job{
		ID: crowd.JobID(r.ID), Tag: activity.TagID(r.TagID), Cause: crowd.Cause(r.Cause), Status: crowd.JobStatus(r.Status),
		Generation: crowd.Generation(r.Generation), FactsRead: r.FactsRead, Members: r.Members,
		QueuedAt: instant(r.QueuedAt), StartedAt: instant(r.StartedAt),
	}
}

// liveJobs selects the jobs that tags are held by.
const liveJobs = "SELECT j.id, j.tag_id, j.cause, j.status, j.generation, j.facts_read, j.members, j.queued_at, j.started_at, t.lease_until" +
	" FROM tags t JOIN tag_jobs j ON j.id = t.job_id WHERE t.job_id <> ''"

// OpenJobs returns what a worker is to start and to bury. See groupbuy.Crowds.
func (s *Store) OpenJobs(ctx context.Context, now time.Time) (queued, dead []crowd.Job, err error) {
	var rows []jobRow
	if err := s.db.Read(ctx).Raw(liveJobs + " ORDER BY j.queued_at, j.id").Scan(&rows).Error; err != nil {
		return nil, nil, failed(err, "open jobs")
	}
	for _, r := range rows {
		switch job := r.job(); {
		case job.Status == crowd.Running && r.LeaseUntil < now.UnixMilli():
			dead = append(dead, job)
		case job.Status == crowd.Queued && job.Cause != crowd.ByList:
			queued = append(queued, job)
		case job.Status == crowd.Queued && job.QueuedAt.Add(listWait).Before(now):
			dead = append(dead, job)
		}
	}
	return queued, dead, nil
}

// StartJob makes a queued job running. See groupbuy.Crowds.
func (s *Store) StartJob(ctx context.Context, id crowd.JobID, now, lease time.Time) (crowd.Job, error) {
	var row jobRow
	err := s.db.InTx(ctx, func(tx *gorm.DB) error {
		claim := tx.Exec("UPDATE tags SET lease_until = ?, last_generation = last_generation + 1 WHERE job_id = ? AND lease_until = 0",
			millis(lease), string(id))
		if err := guarded(claim); err != nil {
			return err
		}
		err := tx.Exec("UPDATE tag_jobs SET status = ?, started_at = ?, generation = (SELECT last_generation FROM tags WHERE job_id = ?) WHERE id = ?",
			string(crowd.Running), millis(now), string(id), string(id)).Error
		if err != nil {
			return err
		}
		return tx.Raw(liveJobs+" AND t.job_id = ?", string(id)).Take(&row).Error
	})
	return row.job(), failed(err, "start job %s", id)
}

// guarded says whether a conditional update found its row.
func guarded(done *gorm.DB) error {
	if done.Error == nil && done.RowsAffected == 0 {
		return groupbuy.ErrConflict
	}
	return done.Error
}

// KeepJob shows progress and extends the lease. See groupbuy.Crowds.
func (s *Store) KeepJob(ctx context.Context, job crowd.Job, lease time.Time) error {
	err := s.db.InTx(ctx, func(tx *gorm.DB) error {
		held := tx.Exec("UPDATE tags SET lease_until = ? WHERE job_id = ?", millis(lease), string(job.ID))
		if err := guarded(held); err != nil {
			return err
		}
		return progress(tx, job)
	})
	return failed(err, "keep job %s", job.ID)
}

func progress(tx *gorm.DB, job crowd.Job) error {
	err := tx.Exec("UPDATE tag_jobs SET status = ?, facts_read = ?, members = ?, ended_at = ?, error = ? WHERE id = ?",
		string(job.Status), job.FactsRead, job.Members, millis(job.EndedAt), job.Error, string(job.ID)).Error
	if err != nil {
		return fmt.Errorf("progress: %w", err)
	}
	return nil
}

// EndJob ends a job. The swap is one row that points to another generation. See groupbuy.Crowds.
func (s *Store) EndJob(ctx context.Context, job crowd.Job) error {
	err := s.db.InTx(ctx, func(tx *gorm.DB) error {
		if err := guarded(release(tx, job)); err != nil {
			return err
		}
		if err := progress(tx, job); err != nil || job.Status != crowd.Done {
			return err
		}
		return tx.Exec("INSERT INTO tag_generations (tag_id, generation, members, built_at, job_id) VALUES (?, ?, ?, ?, ?)",
			string(job.Tag), int64(job.Generation), job.Members, millis(job.EndedAt), string(job.ID)).Error
	})
	return failed(err, "end job %s", job.ID)
}

// release lets go of the tag, with the new generation if the job has one.
func release(tx *gorm.DB, job crowd.Job) *gorm.DB {
	switch {
	case job.Status == crowd.Done:
		return tx.Exec("UPDATE tags SET job_id = '', lease_until = 0, generation = ?, members = ?, built_at = ? WHERE job_id = ?",
			int64(job.Generation), job.Members, millis(job.EndedAt), string(job.ID))
	case job.RetryAt.IsZero():
		return tx.Exec("UPDATE tags SET job_id = '', lease_until = 0 WHERE job_id = ?", string(job.ID))
	default:
		return tx.Exec("UPDATE tags SET job_id = '', lease_until = 0,"+
			" next_run_at = CASE WHEN next_run_at > ? THEN ? ELSE next_run_at END WHERE job_id = ?",
			millis(job.RetryAt), millis(job.RetryAt), string(job.ID))
	}
}
