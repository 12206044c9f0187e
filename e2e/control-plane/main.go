// Command control-plane is a Kubernetes control plane for tests in one binary: etcd, kube-apiserver,
// kube-controller-manager and kube-scheduler, each run as a process of its own, and the supervisor that
// starts them together with kwok ("up"), or any other command ("run"), so that all of them end with their
// parent even when that is killed.
package main

import (
	"fmt"
	"os"
	"runtime"

	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

const usage = `usage:
  control-plane up --dir DIR --kwok PATH --stages FILE [--identities a,b,c] [--nodes N] [--remove-dir]
  control-plane run [--log FILE] [--grace DURATION] -- COMMAND [ARGUMENT...]
  control-plane etcd CONFIG.yaml
  control-plane kube-apiserver | kube-controller-manager | kube-scheduler FLAGS...
`

func init() {
	// A child's death signal is tied to the thread that started it. Children are started by the main
	// goroutine only, and the main thread lives as long as the process.
	runtime.LockOSThread()
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	command, arguments := os.Args[1], os.Args[2:]
	// The Kubernetes commands read os.Args themselves.
	os.Args = append([]string{command}, arguments...)
	switch command {
	case "etcd":
		exitOn(runEtcd(arguments))
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(controllermanager.NewControllerManagerCommand()))
	case "kube-scheduler":
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	case "up":
		exitOn(up(arguments))
	case "run":
		code, err := runCommand(arguments)
		exitOn(err)
		os.Exit(code)
	default:
		fmt.Fprintf(os.Stderr, "unknown command %q\n%s", command, usage)
		os.Exit(2)
	}
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "control-plane:", err)
		os.Exit(1)
	}
}
