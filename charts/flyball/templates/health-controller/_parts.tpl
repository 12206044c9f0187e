{{/* What only health-controller's Deployment has. */}}

{{- define "flyball.health.args" -}}
{{- include "flyball.args.first" . }}
{{- if .root.Values.multitenancy.enabled }}
- --no-cross-namespace-refs=true
{{- end }}
{{- if .settings.readSecrets }}
- --observe-secrets=true
{{- end }}
{{- if .settings.observeOtherNamespaces }}
- --observe-other-namespaces=true
{{- end }}
{{- if .settings.readinessMetrics }}
- --metrics-readiness=true
{{- end }}
{{- with .settings.api }}
{{- if .enabled }}
- --api-addr=:9293
{{- if .tlsSecret }}
- --api-tls-cert-file=/etc/health-api/tls.crt
- --api-tls-key-file=/etc/health-api/tls.key
{{- end }}
{{- end }}
{{- end }}
{{- with .settings.alerts }}
{{- if not .enabled }}
- --alerts=false
{{- end }}
{{- with .delay }}
- --alert-delay={{ . }}
{{- end }}
{{- with .config }}
- --alert-config={{ . }}
{{- end }}
{{- end }}
{{- include "flyball.args.last" . }}
{{- end }}
