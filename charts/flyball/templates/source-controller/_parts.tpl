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
{{- if .applied.records }}
- --artifact-retention-applied-records={{ int .applied.records }}
{{- with .applied.size }}
- --artifact-retention-applied-size={{ . }}
{{- end }}
{{- end }}
{{- end }}
{{- if gt (int .settings.replicas) 1 }}
- --storage-peers={{ printf "%s-replicas.$(RUNTIME_NAMESPACE).svc.%s.:9090" .name .root.Values.clusterDomain }}
{{- end }}
{{- with .settings.bucket }}
{{- if .name }}
- --storage-bucket-name={{ .name }}
{{- with .endpoint }}
- --storage-bucket-endpoint={{ . }}
{{- end }}
{{- with .region }}
- --storage-bucket-region={{ . }}
{{- end }}
{{- with .prefix }}
- --storage-bucket-prefix={{ . }}
{{- end }}
{{- if .insecure }}
- --storage-bucket-insecure=true
{{- end }}
{{- if .credentialsSecret }}
- --storage-bucket-credentials=/etc/artifacts-bucket
{{- end }}
{{- end }}
{{- end }}
{{- with .settings.memoryGate }}
- --memory-gate={{ . }}
{{- end }}
{{- if .settings.allowPrivateRedirects }}
- --allow-private-redirects=true
{{- end }}
{{- if .receives }}
- --receivers-addr=:9292
{{- if .root.Values.multitenancy.enabled }}
- --no-cross-namespace-refs=true
{{- end }}
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

{{/* The volumes of source-controller, with where they are mounted. */}}
{{- define "flyball.source.volumes" -}}
volumes:
  - {{- include "flyball.source.data" . | nindent 4 }}
  {{- if and .settings.bucket.name .settings.bucket.credentialsSecret }}
  - name: bucket
    secret:
      secretName: {{ .settings.bucket.credentialsSecret }}
  {{- end }}
mounts:
  - name: data
    mountPath: /data
  {{- if and .settings.bucket.name .settings.bucket.credentialsSecret }}
  - name: bucket
    mountPath: /etc/artifacts-bucket
    readOnly: true
  {{- end }}
{{- end }}
