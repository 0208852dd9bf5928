package stdout_test

import (
	"testing"

	"github.com/iggy-flow/iggy-flow/engine/enginetest"
	"github.com/iggy-flow/iggy-flow/outputs/stdout"
)

func TestExamples(t *testing.T) { enginetest.Examples(t, stdout.Register) }
