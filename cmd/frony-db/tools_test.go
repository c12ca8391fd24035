package main

import (
	"os"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
)

// A database is backed up, completely and incrementally, restored elsewhere, verified,
// checked and compacted.
func TestBackupRestoreDoctorCompact(t *testing.T) {
	c := newCLI(t)
	c.ok("quickstart", "-q")
	var full, more db.BackupInfo
	c.json(&full, "backup", "full.bak")
	c.ok("delete", "-q", "-c", "quickstart", "en-sport-014")
	c.json(&more, "backup", "more.bak", "--base", "full.bak")
	if full.Documents == 0 || more.Documents != 0 || more.Base != full.ID || more.Collections[0].Live != full.Documents-1 {
		t.Errorf("%+v\n%+v", full, more)
	}
	c.ok("restore", "more.bak", "full.bak", "--db", "new")
	var r db.DoctorReport
	c.json(&r, "doctor", "--db", "new")
	if len(r.Collections) != 1 || r.Collections[0].Documents != full.Documents-1 || !r.OK() {
		t.Errorf("%+v", r)
	}
	var report db.CompactReport
	c.json(&report, "compact", "--db", "new")
	if report.After <= 0 {
		t.Errorf("%+v", report)
	}
	stream := c.ok("backup", "-", "-q", "--db", "new")
	if res := c.run(stream, "restore", "-", "--verify"); res.code != exitOK || !strings.Contains(res.out, "sound") {
		t.Errorf("%+v", res)
	}
	if res := c.run(stream[:len(stream)/2], "restore", "-", "--db", "half"); res.code != exitError || !strings.Contains(res.err, "invalid backup") {
		t.Errorf("%d %s", res.code, res.err)
	}
	if _, err := os.Stat("half"); err == nil {
		t.Error("half a backup left a database")
	}
	for _, args := range [][]string{
		{"restore", "more.bak", "--db", "x"},
		{"restore", "full.bak", "--db", "new"},
		{"backup", "x.bak", "--base", "new/FRONYDB"},
		{"backup", "x.bak", "--db", "nowhere"},
		{"doctor", "-c", "nothing"},
	} {
		if res := c.run("", args...); res.code != exitError || !strings.HasPrefix(res.err, "frony-db: ") {
			t.Errorf("%q: %d %s", args, res.code, res.err)
		}
	}
	for _, args := range [][]string{{"restore"}, {"backup"}, {"selftest"}, {"selftest", "child", "{"}} {
		if res := c.run("", args...); res.code != exitUsage {
			t.Errorf("%q: %d %s", args, res.code, res.err)
		}
	}
	if left, _ := os.ReadDir("."); len(left) != 4 { // two databases and two backups
		t.Errorf("%v", left)
	}
}
