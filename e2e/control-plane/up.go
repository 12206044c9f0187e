package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const startTimeout = 90 * time.Second

// description is what "up" prints, in one line, once the control plane works. It is also kept in the
// folder, in plane.json.
type description struct {
	Dir         string            `json:"dir"`
	Server      string            `json:"server"`
	Authority   string            `json:"authority"`
	AuditLog    string            `json:"auditLog"`
	Kubeconfig  string            `json:"kubeconfig"`
	Kubeconfigs map[string]string `json:"kubeconfigs"`
	Users       map[string]string `json:"users"`
	Namespace   string            `json:"namespace"`
	Pids        map[string]int    `json:"pids"`
}

type options struct {
	dir, kwok, stages string
	identities        []string
	nodes             int
	removeDir         bool
}

func parseOptions(arguments []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("up", flag.ContinueOnError)
	flags.StringVar(&o.dir, "dir", "", "folder for all files of this control plane")
	flags.StringVar(&o.kwok, "kwok", "", "kwok's binary")
	flags.StringVar(&o.stages, "stages", "", "kwok's stages")
	identities := flags.String("identities", "", "names that get a token of their own, comma separated")
	flags.IntVar(&o.nodes, "nodes", 3, "number of nodes")
	flags.BoolVar(&o.removeDir, "remove-dir", false, "remove the folder at the end")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	if o.dir == "" || o.kwok == "" || o.stages == "" || flags.NArg() > 0 {
		return o, errors.New("up needs --dir, --kwok and --stages, and no arguments")
	}
	o.identities = strings.Split(*identities, ",")
	return o, nil
}

// up starts everything, says so, and ends it when standard input closes or a signal comes.
func up(arguments []string) error {
	o, err := parseOptions(arguments)
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	lines := readLines(os.Stdin)

	plane, err := newPlane(o)
	if err != nil {
		return err
	}
	defer plane.end()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	started := make(chan error, 1)
	begin := make(chan struct{})
	if err := plane.startServers(); err != nil {
		return err
	}
	go func() {
		err := plane.awaitServer(ctx)
		close(begin)
		if err == nil {
			err = plane.awaitControllers(ctx)
		}
		started <- err
	}()
	announced := false
	for {
		select {
		case <-begin:
			begin = nil
			if err := plane.startControllers(); err != nil {
				return err
			}
		case err := <-started:
			if err != nil {
				return err
			}
			if err := plane.announce(); err != nil {
				return err
			}
			announced = true
		case c := <-plane.ended:
			// Before the announcement any component's end is fatal, later only that of the servers.
			if !announced || c.name == "etcd" || c.name == "kube-apiserver" {
				code, killedBy := c.exit()
				return fmt.Errorf("%s ended (exit code %d%s): %s", c.name, code, killedBy, logTail(c.log))
			}
		case <-signals:
			return nil
		case line, open := <-lines:
			if !open {
				return nil
			}
			plane.obey(line)
		}
	}
}

// plane is a running control plane.
type plane struct {
	options    options
	paths      paths
	identities []identity
	server     string
	ports      []int
	api        *apiClient
	self       string
	children   []*child
	// ended has every child that ended though nobody asked it to.
	ended chan *child
}

func newPlane(o options) (*plane, error) {
	p, err := newPaths(o.dir)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	identities, err := newIdentities(p, o.identities)
	if err != nil {
		return nil, err
	}
	server := fmt.Sprintf("https://127.0.0.1:%d", ports[0])
	if err := errors.Join(
		writeKeys(p),
		writeTokens(p, identities),
		writeAuditPolicy(p),
		writeEtcdConfig(p, loopback(ports[1]), loopback(ports[2])),
	); err != nil {
		return nil, err
	}
	if err := writeKubeconfigs(p, server, identities); err != nil {
		return nil, err
	}
	api, err := newAPIClient(p, server, identities[0].token)
	if err != nil {
		return nil, err
	}
	return &plane{options: o, paths: p, identities: identities, server: server, ports: ports, api: api, self: self, ended: make(chan *child, 8)}, nil
}

func loopback(port int) string { return fmt.Sprintf("http://127.0.0.1:%d", port) }

func (p *plane) startServers() error {
	return errors.Join(p.start("etcd"), p.start("kube-apiserver"))
}

func (p *plane) startControllers() error {
	return errors.Join(p.start("kube-controller-manager"), p.start("kube-scheduler"), p.start("kwok"))
}

// start runs one component; called from the main goroutine only.
func (p *plane) start(name string) error {
	binary, arguments := p.self, append([]string{name}, p.arguments(name)...)
	if name == "kwok" {
		binary, arguments = p.options.kwok, arguments[1:]
	}
	environment := []string{"HOME=" + p.paths.dir, "PATH=" + os.Getenv("PATH")}
	c, err := startChild(name, filepath.Join(p.paths.logs, name+".log"), environment, binary, arguments...)
	if err != nil {
		return err
	}
	p.children = append(p.children, c)
	go func() {
		<-c.done
		if !c.expected.Load() {
			p.ended <- c
		}
	}()
	return nil
}

func (p *plane) arguments(name string) []string {
	kubeconfig := filepath.Join(p.paths.systems, name+".kubeconfig")
	switch name {
	case "etcd":
		return []string{p.paths.etcdConfig}
	case "kube-apiserver":
		return []string{
			"--etcd-servers=" + loopback(p.ports[1]),
			"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", p.ports[0]),
			"--cert-dir=" + p.paths.dir, "--tls-cert-file=" + p.paths.servingCert, "--tls-private-key-file=" + p.paths.servingKey,
			"--endpoint-reconciler-type=none", "--service-cluster-ip-range=10.0.0.0/16",
			"--service-account-issuer=https://flyball.test", "--service-account-key-file=" + p.paths.accountPublic,
			"--service-account-signing-key-file=" + p.paths.accountKey,
			"--authorization-mode=RBAC", "--token-auth-file=" + p.paths.tokens,
			"--audit-policy-file=" + p.paths.auditPolicy, "--audit-log-path=" + p.paths.auditLog,
			"--audit-log-mode=blocking", "--audit-log-maxsize=100000",
			// Its taint would be lifted only by the node lifecycle controller, with live leases.
			"--disable-admission-plugins=TaintNodesByCondition",
			"--profiling=false",
		}
	case "kube-controller-manager":
		return []string{
			"--kubeconfig=" + kubeconfig, "--controllers=*,-nodeipam,-nodelifecycle",
			"--kube-api-qps=400", "--kube-api-burst=800", "--use-service-account-credentials=true",
			"--leader-elect=false", "--secure-port=0",
			"--service-account-private-key-file=" + p.paths.accountKey, "--root-ca-file=" + p.paths.authority,
		}
	case "kube-scheduler":
		return []string{
			"--kubeconfig=" + kubeconfig, "--kube-api-qps=400", "--kube-api-burst=800",
			"--leader-elect=false", "--secure-port=0",
		}
	default:
		return []string{
			"--kubeconfig=" + kubeconfig, "--manage-all-nodes=true", "--config=" + p.options.stages,
			"--node-lease-duration-seconds=0",
		}
	}
}

func (p *plane) awaitServer(ctx context.Context) error {
	err := p.await(ctx, "kube-apiserver did not become ready", 10*time.Millisecond, func() bool {
		return p.api.do(ctx, http.MethodGet, "/readyz", nil, nil) == nil
	})
	if err != nil {
		return err
	}
	return createNodes(ctx, p.api, p.options.nodes)
}

func (p *plane) awaitControllers(ctx context.Context) error {
	return p.await(ctx, "the controllers did not begin to work", 50*time.Millisecond, func() bool {
		return controllersReady(ctx, p.api) && nodesReady(ctx, p.api, p.options.nodes)
	})
}

func (p *plane) await(ctx context.Context, failure string, every time.Duration, ready func() bool) error {
	for !ready() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s within %s; logs are in %s", failure, startTimeout, p.paths.logs)
		case <-time.After(every):
		}
	}
	return nil
}

func (p *plane) announce() error {
	d := description{
		Dir: p.paths.dir, Server: p.server, Authority: p.paths.authority, AuditLog: p.paths.auditLog,
		Kubeconfig: p.paths.admin, Kubeconfigs: map[string]string{}, Users: map[string]string{},
		Namespace: releaseNamespace, Pids: map[string]int{"supervisor": os.Getpid()},
	}
	for _, who := range p.identities {
		d.Kubeconfigs[who.name], d.Users[who.name] = who.kubeconfig, who.user
	}
	for _, c := range p.children {
		d.Pids[c.name] = c.pid
	}
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(p.paths.dir, "plane.json"), text, 0o600); err != nil {
		return err
	}
	_, err = fmt.Println(string(text))
	return err
}

// obey carries out "stop NAME", "kill NAME" or "start NAME" for one component, and answers in one line.
func (p *plane) obey(line string) {
	verb, name, _ := strings.Cut(line, " ")
	answer := map[string]any{"command": line}
	at := -1
	for i, c := range p.children {
		if c.name == name {
			at = i
		}
	}
	switch {
	case (verb == "stop" || verb == "kill") && at >= 0:
		grace := time.Duration(0)
		if verb == "stop" {
			grace = 10 * time.Second
		}
		p.children[at].stop(grace)
		p.children = append(p.children[:at], p.children[at+1:]...)
	case verb == "start" && at < 0:
		if err := p.start(name); err != nil {
			answer["error"] = err.Error()
		} else {
			answer["pid"] = p.children[len(p.children)-1].pid
		}
	default:
		answer["error"] = "not understood"
	}
	_ = json.NewEncoder(os.Stdout).Encode(answer)
}

// end kills everything at once: nothing here is worth an orderly end.
func (p *plane) end() {
	for _, c := range p.children {
		c.expected.Store(true)
		_ = c.cmd.Process.Kill()
	}
	for _, c := range p.children {
		<-c.done
	}
	if p.options.removeDir {
		_ = os.RemoveAll(p.paths.dir)
	}
}

// logTail gives the end of a log file, for the message about a process that ended.
func logTail(path string) string {
	const size = 1500
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text[max(0, len(text)-size):]))
}
