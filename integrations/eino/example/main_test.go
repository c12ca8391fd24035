package main

import (
	"testing"

	"github.com/fronyai/frony-db/integrations/internal/exampletest"
)

func TestExample(t *testing.T) { exampletest.Run(t, run) }
