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
{{- include "flyball.args.last" . }}
{{- end }}
