package reexec

import (
	"fmt"
	"os"
	"testing"
)

func TestMain(m *testing.M) { os.Exit(Main(m, program)) }

// program prints its arguments and fails if there are none.
func program() {
	if len(os.Args) == 1 {
		fmt.Fprint(os.Stderr, "no arguments")
		os.Exit(3)
	}
	fmt.Print(os.Args[1:])
}

func TestTheBinaryIsTheProgram(t *testing.T) {
	if status, out, errs := Run(t, Command("a", "b c")); status != 0 || out != "[a b c]" || errs != "" {
		t.Errorf("status %d, %q, %q", status, out, errs)
	}
	if status, out, errs := Run(t, Command()); status != 3 || out != "" || errs != "no arguments" {
		t.Errorf("status %d, %q, %q", status, out, errs)
	}
}
