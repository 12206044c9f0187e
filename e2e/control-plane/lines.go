package main

import (
	"bufio"
	"io"
	"strings"
)

// readLines gives the lines of a reader, and closes the channel at its end.
func readLines(reader io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(reader)
		for scanner.Scan() {
			lines <- strings.TrimSpace(scanner.Text())
		}
	}()
	return lines
}
