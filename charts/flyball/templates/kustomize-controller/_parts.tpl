{{/* What only kustomize-controller's Deployment has. */}}

{{- define "flyball.kustomize.args" -}}
{{- include "flyball.args.first" . }}
{{- with .root.Values.multitenancy }}
{{- if .enabled }}
- --no-cross-namespace-refs=true
- --no-remote-bases=true
- --default-service-account={{ .defaultServiceAccount }}
{{- end }}
{{- end }}
{{- with .settings.memoryGate }}
- --memory-gate={{ . }}
{{- end }}
{{- if not .settings.driftWatch }}
- --drift-watch=false
{{- end }}
{{- if .settings.concurrentSsa }}
- --concurrent-ssa={{ int .settings.concurrentSsa }}
{{- end }}
{{- range .settings.overrideManagers }}
- --override-manager={{ . }}
{{- end }}
{{- with .settings.customApplyStageKinds }}
- --custom-apply-stage-kinds={{ join "," . }}
{{- end }}
{{- include "flyball.args.last" . }}
{{- end }}
