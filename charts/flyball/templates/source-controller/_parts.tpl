{{/* What only source-controller's Deployment has. */}}

{{- define "flyball.source.args" -}}
{{- include "flyball.args.first" . }}
- --storage-path=/data
- --storage-adv-addr={{ .settings.storageAdvAddr | default (printf "%s.$(RUNTIME_NAMESPACE).svc.%s." .name .root.Values.clusterDomain) }}
{{- with .settings.artifactRetention }}
{{- with .ttl }}
- --artifact-retention-ttl={{ . }}
{{- end }}
{{- if .records }}
- --artifact-retention-records={{ int .records }}
{{- end }}
{{- end }}
{{- with .settings.memoryGate }}
- --memory-gate={{ . }}
{{- end }}
{{- if .settings.allowPrivateRedirects }}
- --allow-private-redirects=true
{{- end }}
{{- include "flyball.args.last" . }}
{{- end }}

{{/* The volume of artifacts and clones. */}}
{{- define "flyball.source.data" -}}
name: data
{{- if .settings.persistence.enabled }}
persistentVolumeClaim:
  claimName: {{ .settings.persistence.existingClaim | default .name }}
{{- else }}
{{- $empty := dict }}
{{- with .settings.emptyDir.sizeLimit }}
  {{- $_ := set $empty "sizeLimit" . }}
{{- end }}
{{- with .settings.emptyDir.medium }}
  {{- $_ := set $empty "medium" . }}
{{- end }}
emptyDir: {{ toYaml $empty | nindent 2 }}
{{- end }}
{{- end }}
