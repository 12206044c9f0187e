{{/* What the rights of all controllers have: an account, bindings, and a Lease. */}}

{{- define "flyball.serviceaccount" -}}
{{- if .settings.serviceAccount.create }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "flyball.account" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "flyball.labels" (dict "root" .root "component" .component) | nindent 4 }}
  {{- include "flyball.annotations" (dict "root" .root "more" .settings.serviceAccount.annotations) | nindent 2 }}
{{- end }}
{{- end }}

{{/* Binds the controller to a ClusterRole (`role`) under the name `name`. */}}
{{- define "flyball.clusterrolebinding" -}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {{ .name }}
  labels:
    {{- include "flyball.labels" (dict "root" .root "component" .component) | nindent 4 }}
  {{- include "flyball.annotations" (dict "root" .root) | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {{ .role }}
subjects:
  - kind: ServiceAccount
    name: {{ include "flyball.account" . }}
    namespace: {{ .root.Release.Namespace }}
{{- end }}

{{- define "flyball.leaderelection" -}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ .component }}-leader-election
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "flyball.labels" (dict "root" .root "component" .component) | nindent 4 }}
  {{- include "flyball.annotations" (dict "root" .root) | nindent 2 }}
rules:
  - apiGroups: [coordination.k8s.io]
    resources: [leases]
    verbs: [get, create, update]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ .component }}-leader-election
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "flyball.labels" (dict "root" .root "component" .component) | nindent 4 }}
  {{- include "flyball.annotations" (dict "root" .root) | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ .component }}-leader-election
subjects:
  - kind: ServiceAccount
    name: {{ include "flyball.account" . }}
    namespace: {{ .root.Release.Namespace }}
{{- end }}

{{/* The head of a ClusterRole, up to its rules. */}}
{{- define "flyball.clusterrole" -}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {{ .name }}
  labels:
    {{- include "flyball.labels" (dict "root" .root "component" .component "more" .labels) | nindent 4 }}
  {{- include "flyball.annotations" (dict "root" .root) | nindent 2 }}
{{- end }}
