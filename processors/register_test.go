package processors_test

import (
	"testing"

	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/processors"
)

// TestExamples: beside each folder's own test, every example stands up to the whole registry.
func TestExamples(t *testing.T) { enginetest.Examples(t, processors.Register) }
