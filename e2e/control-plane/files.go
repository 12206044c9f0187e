package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// releaseNamespace is where the identities given by plain names live: "source-controller" becomes the
// service account of that name there, which is what the chart's role bindings name.
const releaseNamespace = "flyball-system"

// paths are the files of one control plane, all in one folder.
type paths struct {
	dir, etcdConfig, etcdData, logs, kubeconfigs  string
	authority, servingCert, servingKey            string
	accountKey, accountPublic                     string
	tokens, auditPolicy, auditLog, admin, systems string
}

func newPaths(dir string) (paths, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return paths{}, err
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	p := paths{
		dir: dir, etcdConfig: at("etcd.yaml"), etcdData: at("etcd"), logs: at("logs"), kubeconfigs: at("kubeconfigs"),
		authority: at("ca.crt"), servingCert: at("apiserver.crt"), servingKey: at("apiserver.key"),
		accountKey: at("service-accounts.key"), accountPublic: at("service-accounts.pub"),
		tokens: at("tokens.csv"), auditPolicy: at("audit-policy.yaml"), auditLog: at("audit.log"),
		admin: at("kubeconfigs/admin.kubeconfig"), systems: at("kubeconfigs/system"),
	}
	for _, folder := range []string{p.dir, p.logs, p.kubeconfigs, p.systems} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return paths{}, err
		}
	}
	return p, nil
}

// identity is one user of the API server, known by its token.
type identity struct {
	name, user, token string
	groups            []string
	kubeconfig        string
}

// newIdentities gives the admin first, then the components, then those asked for.
func newIdentities(p paths, names []string) ([]identity, error) {
	identities := []identity{
		{name: "admin", user: "admin", groups: []string{"system:masters"}, kubeconfig: p.admin},
		system(p, "kube-controller-manager", "system:kube-controller-manager"),
		system(p, "kube-scheduler", "system:kube-scheduler"),
		system(p, "kwok", "kwok", "system:masters"),
	}
	for _, name := range names {
		if name == "" {
			continue
		}
		if strings.ContainsAny(name, "/,\"\n") {
			return nil, fmt.Errorf("identity %q is not a name", name)
		}
		user, groups := name, []string(nil)
		if !strings.Contains(name, ":") {
			user = "system:serviceaccount:" + releaseNamespace + ":" + name
			groups = []string{"system:serviceaccounts", "system:serviceaccounts:" + releaseNamespace}
		}
		file := strings.ReplaceAll(name, ":", "_") + ".kubeconfig"
		identities = append(identities, identity{
			name: name, user: user, groups: groups, kubeconfig: filepath.Join(p.kubeconfigs, file),
		})
	}
	for i := range identities {
		token, err := newToken()
		if err != nil {
			return nil, err
		}
		identities[i].token = token
	}
	return identities, nil
}

func system(p paths, name, user string, groups ...string) identity {
	return identity{name: name, user: user, groups: groups, kubeconfig: filepath.Join(p.systems, name+".kubeconfig")}
}

func writeTokens(p paths, identities []identity) error {
	file, err := os.OpenFile(p.tokens, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	writer := csv.NewWriter(file)
	for i, who := range identities {
		record := []string{who.token, who.user, fmt.Sprintf("flyball-test-%d", i), strings.Join(who.groups, ",")}
		if err := writer.Write(record); err != nil {
			return err
		}
	}
	writer.Flush()
	return writer.Error()
}

// writeKubeconfigs writes JSON, which is YAML; the authority is embedded, so that a file can be copied.
func writeKubeconfigs(p paths, server string, identities []identity) error {
	authority, err := os.ReadFile(p.authority)
	if err != nil {
		return err
	}
	for _, who := range identities {
		config := map[string]any{
			"apiVersion": "v1", "kind": "Config", "current-context": "flyball-test",
			"clusters": []any{map[string]any{"name": "flyball-test", "cluster": map[string]any{
				"server": server, "certificate-authority-data": authority,
			}}},
			"users": []any{map[string]any{"name": who.name, "user": map[string]any{"token": who.token}}},
			"contexts": []any{map[string]any{"name": "flyball-test", "context": map[string]any{
				"cluster": "flyball-test", "user": who.name,
			}}},
		}
		text, err := json.MarshalIndent(config, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(who.kubeconfig, append(text, '\n'), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// A watch is logged when it opens, every other request when it is answered: each line is one request.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- level: Metadata
  verbs: ["watch"]
  omitStages: ["RequestReceived", "ResponseComplete"]
- level: Metadata
  omitStages: ["RequestReceived", "ResponseStarted"]
`

func writeAuditPolicy(p paths) error {
	return os.WriteFile(p.auditPolicy, []byte(auditPolicy), 0o644)
}

func writeEtcdConfig(p paths, clientURL, peerURL string) error {
	config := map[string]any{
		"name": "test", "data-dir": p.etcdData, "unsafe-no-fsync": true, "log-level": "error",
		"listen-client-urls": clientURL, "advertise-client-urls": clientURL,
		"listen-peer-urls": peerURL, "initial-advertise-peer-urls": peerURL, "initial-cluster": "test=" + peerURL,
	}
	text, err := json.Marshal(config)
	if err != nil {
		return err
	}
	return os.WriteFile(p.etcdConfig, text, 0o644)
}
