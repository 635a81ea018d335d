// Package reexec lets the tests of a program start that program: the test binary is
// started again, and is the program then.
package reexec

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// variable in the environment tells a test binary to be the program.
const variable = "BE_THE_PROGRAM"

// Main is for the TestMain of the tests of a program. In a process that Command
// has started it calls main; elsewhere it runs the tests, which must leave no goroutine
// behind. It returns the exit status.
func Main(m *testing.M, main func()) (status int) {
	if os.Getenv(variable) != "" {
		main()
		return 0
	}
	if status = m.Run(); status != 0 {
		return status
	}
	// A log file keeps one goroutine for good, which removes old files.
	if err := goleak.Find(goleak.IgnoreAnyFunction("gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// Command returns the program with arguments, ready to be started.
func Command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), variable+"=1")
	return cmd
}

// Run runs a command to its end and returns its exit status and what it printed. It
// fails the test if there is no such program.
func Run(t testing.TB, cmd *exec.Cmd) (status int, out, errs string) {
	t.Helper()
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}
