package api

import (
	"time"

	"github.com/fronyai/frony-db/db"
)

// The kinds of tasks.
const (
	TaskReembed  = "reembed"
	TaskConfirm  = "reembed-confirm"
	TaskRollback = "reembed-rollback"
	TaskBackup   = "backup"
	TaskRestore  = "restore"
	TaskCompact  = "compact"
	TaskDoctor   = "doctor"
	TaskCopy     = "copy"
)

// The states of a task.
const (
	TaskRunning   = "running"
	TaskDone      = "done"
	TaskFailed    = "failed"
	TaskCancelled = "cancelled"
)

// NewTask says what to do. Fields of other kinds must be left out.
type NewTask struct {
	Kind       string `json:"kind" enum:"reembed,reembed-confirm,reembed-rollback,backup,restore,compact,doctor,copy" doc:"What to do"`
	Collection string `json:"collection,omitzero" doc:"reembed…: the collection, required; doctor: the only one to check; restore: its name in the backup, required; copy: the one to copy, required" example:"notes"`

	HeadDims     int  `json:"head_dims,omitzero" minimum:"0" doc:"reembed: length of the Matryoshka head; the model's if missing"`
	SkipTextless bool `json:"skip_textless,omitzero" doc:"reembed, reembed-rollback: leave out documents that have an embedding and no text"`
	NoSwitch     bool `json:"no_switch,omitzero" doc:"reembed: stop after the comparison; the same task without it switches"`
	NoCompare    bool `json:"no_compare,omitzero" doc:"reembed: do not compare the two versions"`
	Sample       int  `json:"sample,omitzero" minimum:"0" doc:"reembed: sample queries to compare the versions with, 100 if missing; doctor: documents to search for in each collection, all if missing"`

	Repair bool `json:"repair,omitzero" doc:"doctor: repair what can be repaired"`

	Base     string         `json:"base,omitzero" doc:"backup: name of an earlier backup of the server that this one adds to"`
	BaseInfo *db.BackupInfo `json:"base_info,omitempty" doc:"backup: what an earlier backup that is elsewhere says of itself, in place of base"`

	Backups []string `json:"backups,omitempty" doc:"restore: names of backups of the server: a complete one and those that add to it, oldest first"`
	As      string   `json:"as,omitzero" doc:"restore: name of the new collection; that in the backup if missing; copy: name of the copy, required"`
}

// Task is a piece of work that goes on when the client that started it has gone.
type Task struct {
	ID         string     `json:"id"`
	Kind       string     `json:"kind"`
	Collection string     `json:"collection,omitzero" doc:"That it is about; all if missing"`
	Key        string     `json:"key,omitzero" doc:"Name of the key that started it"`
	State      string     `json:"state" enum:"running,done,failed,cancelled"`
	Cancelling bool       `json:"cancelling,omitzero" doc:"It was told to stop, and does at its next step"`
	Started    time.Time  `json:"started"`
	Ended      *time.Time `json:"ended,omitempty"`

	Step  string `json:"step,omitzero" doc:"What done and total count"`
	Done  int    `json:"done" doc:"Documents of this step that are done"`
	Total int    `json:"total" doc:"Documents of this step; 0 if that is not known"`

	Error  *ProblemDetail `json:"error,omitempty" doc:"Why it failed; in state done, which documents are damaged and were left out"`
	Result *TaskResult    `json:"result,omitempty" doc:"What it did, in the field of its kind"`
}

// TaskResult is what a task did, in the field of its kind.
type TaskResult struct {
	Reembed  *db.ReembedReport    `json:"reembed,omitempty"`
	Backup   *Backup              `json:"backup,omitempty"`
	Contents *db.BackupInfo       `json:"contents,omitempty" doc:"backup: what it holds"`
	Restore  *db.BackupCollection `json:"restore,omitempty"`
	Compact  *db.CompactReport    `json:"compact,omitempty"`
	Doctor   *db.DoctorReport     `json:"doctor,omitempty"`
	Copy     *db.CopyReport       `json:"copy,omitempty"`
}

// Tasks is a list of tasks.
type Tasks struct {
	Tasks []Task `json:"tasks" doc:"Newest first: those that run, and the last that ended since the server started"`
}

// Backup is a backup in the server's directory.
type Backup struct {
	Name     string    `json:"name" doc:"The server chooses it" example:"20260301T040000Z-8d2f1c.bak"`
	Bytes    int64     `json:"bytes"`
	ID       string    `json:"id"`
	Database string    `json:"database" doc:"Id of the database that it is of"`
	Created  time.Time `json:"created"`
	Base     string    `json:"base,omitzero" doc:"Id of the backup that it adds to; missing for a complete one"`
}

// Backups is a list of backups.
type Backups struct {
	Backups []Backup `json:"backups" doc:"Oldest first"`
}
