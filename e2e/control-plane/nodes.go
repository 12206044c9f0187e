package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// apiClient makes the few requests that the supervisor itself needs.
type apiClient struct {
	server, token string
	http          http.Client
}

func newAPIClient(p paths, server, token string) (*apiClient, error) {
	authority, err := os.ReadFile(p.authority)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return nil, errors.New("the authority's certificate cannot be read back")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	return &apiClient{server: server, token: token, http: http.Client{Transport: transport, Timeout: 10 * time.Second}}, nil
}

func (c *apiClient) do(ctx context.Context, method, path string, body, answer any) error {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.server+path, content)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return err
	}
	if response.StatusCode >= 300 && response.StatusCode != http.StatusConflict {
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, text)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}

// createNodes makes nodes with more room than any test needs; kwok keeps them Ready.
func createNodes(ctx context.Context, api *apiClient, count int) error {
	room := map[string]any{"cpu": "1000", "memory": "4Ti", "ephemeral-storage": "4Ti", "pods": "20000"}
	for i := range count {
		name := fmt.Sprintf("node-%d", i)
		node := map[string]any{
			"apiVersion": "v1", "kind": "Node",
			"metadata": map[string]any{
				"name": name,
				"labels": map[string]any{
					"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
					"topology.kubernetes.io/zone": fmt.Sprintf("zone-%d", i),
				},
			},
			"status": map[string]any{"capacity": room, "allocatable": room},
		}
		if err := api.do(ctx, http.MethodPost, "/api/v1/nodes", node, nil); err != nil {
			return err
		}
	}
	return nil
}

// nodesReady tells whether kwok has taken up its work on every node.
func nodesReady(ctx context.Context, api *apiClient, count int) bool {
	var nodes struct {
		Items []struct {
			Status struct {
				Conditions []struct{ Type, Status string }
			}
		}
	}
	if api.do(ctx, http.MethodGet, "/api/v1/nodes", nil, &nodes) != nil {
		return false
	}
	ready := 0
	for _, node := range nodes.Items {
		for _, condition := range node.Status.Conditions {
			if condition.Type == "Ready" && condition.Status == "True" {
				ready++
			}
		}
	}
	return ready >= count
}

// controllersReady tells whether kube-controller-manager has taken up its work.
func controllersReady(ctx context.Context, api *apiClient) bool {
	return api.do(ctx, http.MethodGet, "/api/v1/namespaces/default/serviceaccounts/default", nil, nil) == nil
}
