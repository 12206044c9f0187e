package main

import (
	"fmt"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"
)

// child is a process that dies with this one.
type child struct {
	name string
	log  string
	pid  int
	cmd  *exec.Cmd
	// done is closed once the process has ended and has been reaped.
	done chan struct{}
	// expected is set when we end the process ourselves.
	expected atomic.Bool
}

// startChild runs a command with its output appended to logPath (or to our standard error when that is
// empty). It must be called from the main goroutine, see init.
func startChild(name, logPath string, environment []string, path string, arguments ...string) (*child, error) {
	cmd := exec.Command(path, arguments...)
	cmd.Env = environment
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if logPath != "" {
		log, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return nil, err
		}
		defer log.Close()
		cmd.Stdout, cmd.Stderr = log, log
	}
	// Its own process group: a Ctrl-C in the terminal reaches the supervisor only, which ends its
	// children in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	c := &child{name: name, log: logPath, pid: cmd.Process.Pid, cmd: cmd, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		close(c.done)
	}()
	return c, nil
}

// stop asks the process to end, and kills it after the grace period. It returns when the process is gone.
func (c *child) stop(grace time.Duration) {
	c.expected.Store(true)
	if grace > 0 {
		_ = c.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-c.done:
			return
		case <-time.After(grace):
		}
	}
	_ = c.cmd.Process.Kill()
	<-c.done
}

// exit says how an ended process ended: its exit code, or the signal that killed it.
func (c *child) exit() (code int, killedBy string) {
	status, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return 128 + int(status.Signal()), status.Signal().String()
	}
	return c.cmd.ProcessState.ExitCode(), ""
}
