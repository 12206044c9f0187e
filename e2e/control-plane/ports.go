package main

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// freePorts finds loopback ports that nobody listens on. They lie below the range from which the kernel
// takes ports of outgoing connections, so that none of those gets in between.
func freePorts(count int) ([]int, error) {
	const first, last = 20000, 32000
	var ports []int
	var held []net.Listener
	defer func() {
		for _, listener := range held {
			listener.Close()
		}
	}()
	for range 1000 {
		if len(ports) == count {
			return ports, nil
		}
		port := first + rand.IntN(last-first)
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		held = append(held, listener)
		ports = append(ports, port)
	}
	return nil, errors.New("no free ports on 127.0.0.1")
}
