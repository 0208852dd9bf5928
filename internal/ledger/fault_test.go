package ledger_test

import (
	"path/filepath"
	"testing"

	"github.com/iggy-flow/iggy-flow/internal/failpoint"
	"github.com/iggy-flow/iggy-flow/internal/ledger"
	"github.com/iggy-flow/iggy-flow/internal/tabletest"
)

// at kills a scenario a few times at each point. The long runs at these points are TestCrash's.
func at(t *testing.T, s ledger.Scenario, points ...failpoint.Point) {
	t.Helper()
	deck := ledger.Deck{Each: 2, Points: points}
	crash(t, s, deck, deck.Size(), s.Source.Records)
}

func TestFault01KilledBehindTheRead(t *testing.T) {
	at(t, ledger.Files(60_000), failpoint.InputRead)
}

// TestFault02KilledWithDataFilesWritten also wants files that no snapshot refers to: otherwise none was killed in time.
func TestFault02KilledWithDataFilesWritten(t *testing.T) {
	tabletest.Need(t)
	s := ledger.Lake(60_000)
	read, orphans := s.Read, 0
	s.Read = func(t testing.TB, dir string, l, dead *ledger.Ledger) {
		read(t, dir, l, dead)
		files, err := filepath.Glob(filepath.Join(dir, "lake", "warehouse", "*", "*", "data", "*.parquet"))
		if err != nil {
			t.Fatal(err)
		}
		orphans += len(files)
		for _, metadata := range tabletest.Tables(t, filepath.Join(dir, "lake", "catalog.db")) {
			rows := tabletest.Read(t, metadata, "select count(distinct file)::int files from placed")
			orphans -= int(rows[0]["files"].(float64))
		}
	}
	at(t, s, failpoint.IcebergFiles, failpoint.OutputPrepared)
	if orphans < 1 {
		t.Errorf("%d data files that nothing refers to", orphans)
	}
}

func TestFault03KilledWithTheCommitSentAndItsAnswerUnseen(t *testing.T) {
	tabletest.Need(t)
	at(t, ledger.Lake(60_000), failpoint.IcebergCommitted)
}

func TestFault04KilledBetweenCommitAndState(t *testing.T) {
	tabletest.Need(t)
	at(t, ledger.Lake(60_000), failpoint.CommitTarget, failpoint.InputTold, failpoint.StopSettled)
}

func TestFault05KilledWhileTheStateIsReplaced(t *testing.T) {
	at(t, ledger.Files(60_000), failpoint.CheckpointBefore, failpoint.CheckpointTemporary, failpoint.CheckpointLinked, failpoint.CheckpointRenamed,
		failpoint.CheckpointAfter)
}

func TestFault06KilledDuringDeadLetterAndStop(t *testing.T) {
	at(t, ledger.Files(60_000), failpoint.DeadLetterWrite, failpoint.DeadLetterPrepared, failpoint.StopBegun, failpoint.StopSettled)
}
