package schedule

// Freeze stops the table's say in the leases without giving them up, as if the process were paused: what its jobs are
// at goes on.
func (t *Table) Freeze() {
	for _, k := range t.keepers {
		k.once.Do(func() {
			close(k.quit)
			<-k.done
		})
	}
}
