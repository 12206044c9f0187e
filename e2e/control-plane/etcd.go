package main

import (
	"errors"
	"os"
	"os/signal"
	"syscall"

	"go.etcd.io/etcd/server/v3/embed"
)

// runEtcd serves one etcd member, described by a YAML file, until it is told to stop.
func runEtcd(arguments []string) error {
	if len(arguments) != 1 {
		return errors.New("etcd takes one argument, its configuration file")
	}
	config, err := embed.ConfigFromFile(arguments[0])
	if err != nil {
		return err
	}
	server, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	select {
	case <-signals:
		server.Close()
		return nil
	case err := <-server.Err():
		return err
	}
}
