// SPDX-License-Identifier: MIT

// Contestant: mox (Go), its parser of report mails called on every .eml of a folder.
//
// Called and answering as measured.py says. Reports count once: by organization, id, dates and
// content. mox wants CRLF as on the wire, where files of mails have LF: the conversion is on its bill.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/mjl-/mox/tlsrpt"
)

type sessionsKey struct{ domain, policy string }

type failedKey struct{ domain, policy, result string }

type found struct {
	seen       map[string]bool
	sessions   map[sessionsKey]*[2]int64
	failed     map[failedKey]int64
	duplicates int
	errors     int
}

// cpu is the user and system CPU of this process so far, in seconds.
func cpu() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

func (f *found) file(log *slog.Logger, path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	if !bytes.Contains(data, []byte("\r\n")) {
		data = bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
	}
	read, err := tlsrpt.ParseMessage(log, bytes.NewReader(data))
	if err != nil {
		f.errors++
		return
	}
	report := read.Convert()
	identity := fmt.Sprintf("%v", report)
	if f.seen[identity] {
		f.duplicates++
		return
	}
	f.seen[identity] = true
	for _, entry := range report.Policies {
		key := sessionsKey{entry.Policy.Domain, string(entry.Policy.Type)}
		both := f.sessions[key]
		if both == nil {
			both = new([2]int64)
			f.sessions[key] = both
		}
		both[0] += entry.Summary.TotalSuccessfulSessionCount
		both[1] += entry.Summary.TotalFailureSessionCount
		for _, detail := range entry.FailureDetails {
			result := failedKey{key.domain, key.policy, string(detail.ResultType)}
			f.failed[result] += detail.FailedSessionCount
		}
	}
}

func nullable(domain string) any {
	if domain == "" {
		return nil
	}
	return domain
}

func main() {
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	f := found{map[string]bool{}, map[sessionsKey]*[2]int64{}, map[failedKey]int64{}, 0, 0}
	start, before := time.Now(), cpu()
	err := filepath.WalkDir(os.Args[3], func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			f.file(log, path)
		}
		return err
	})
	if err != nil {
		panic(err)
	}
	used, wall := cpu()-before, time.Since(start).Seconds()
	sessions, failed := [][]any{}, [][]any{}
	for key, both := range f.sessions {
		sessions = append(sessions, []any{nullable(key.domain), key.policy, both[0], both[1]})
	}
	for key, count := range f.failed {
		failed = append(failed, []any{nullable(key.domain), key.policy, key.result, count})
	}
	answer := map[string]any{
		"cpu": used, "wall": wall, "memory": 0, "sessions": sessions, "failed": failed,
		"counts": map[string]int{"reports": len(f.seen), "duplicates": f.duplicates, "errors": f.errors},
	}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		panic(err)
	}
}
