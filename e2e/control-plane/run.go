package main

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// runCommand runs one command that dies with us, and with whoever holds the other end of our standard
// input. The first line on standard output is {"pid":N}; the last one says how the command ended. Lines
// read from standard input: "term" and "kill" send that signal, as "stop" and "cont" do.
func runCommand(arguments []string) (int, error) {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	log := flags.String("log", "", "file to which the command's output is appended")
	grace := flags.Duration("grace", 0, "how long the command may take to end before it is killed")
	if err := flags.Parse(arguments); err != nil {
		return 2, err
	}
	if flags.NArg() == 0 {
		return 2, errors.New("run needs a command")
	}
	path, err := exec.LookPath(flags.Arg(0))
	if err != nil {
		return 2, err
	}
	c, err := startChild(flags.Arg(0), *log, os.Environ(), path, flags.Args()[1:]...)
	if err != nil {
		return 2, err
	}
	output := json.NewEncoder(os.Stdout)
	_ = output.Encode(map[string]any{"pid": c.pid})

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	lines := readLines(os.Stdin)
	for {
		select {
		case <-c.done:
			code, killedBy := c.exit()
			_ = output.Encode(map[string]any{"exit": code, "signal": killedBy})
			return code, nil
		case <-signals:
			c.stop(max(*grace, time.Second))
		case line, open := <-lines:
			if !open {
				c.stop(*grace)
				lines = nil
				continue
			}
			if known, ok := signalNames[line]; ok {
				_ = c.cmd.Process.Signal(known)
			}
		}
	}
}

var signalNames = map[string]syscall.Signal{
	"term": syscall.SIGTERM,
	"kill": syscall.SIGKILL,
	"stop": syscall.SIGSTOP,
	"cont": syscall.SIGCONT,
}
