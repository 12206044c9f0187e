{{/* What several templates need: settings, names, labels, images. */}}

{{/*
A map with another laid over it: maps are merged, everything else is replaced, null removes. `merge` of Helm will not
do: it takes false, 0 and empty lists for values that are not set.
*/}}
{{- define "flyball.merged" -}}
{{- $merged := deepCopy .base }}
{{- range $key, $value := .own }}
  {{- $below := get $merged $key }}
  {{- if kindIs "invalid" $value }}
    {{- $_ := unset $merged $key }}
  {{- else if and (kindIs "map" $value) (kindIs "map" $below) }}
    {{- $_ := set $merged $key (include "flyball.merged" (dict "base" $below "own" $value) | fromYaml) }}
  {{- else }}
    {{- $_ := set $merged $key $value }}
  {{- end }}
{{- end }}
{{- toYaml $merged }}
{{- end }}

{{/* The settings of a controller (`section`: its key in the values). */}}
{{- define "flyball.settings" -}}
{{- include "flyball.merged" (dict "base" .root.Values.controllers "own" (get .root.Values .section)) }}
{{- end }}

{{/* Labels of an object; `component` is the controller it belongs to, if it does to one. */}}
{{- define "flyball.labels" -}}
{{- $labels := dict
  "app.kubernetes.io/name" "flyball"
  "app.kubernetes.io/instance" .root.Release.Name
  "app.kubernetes.io/part-of" "flux"
  "app.kubernetes.io/version" .root.Chart.AppVersion
  "app.kubernetes.io/managed-by" .root.Release.Service
  "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_") }}
{{- if .component }}
  {{- $_ := set $labels "app.kubernetes.io/component" .component }}
{{- end }}
{{- toYaml (mergeOverwrite $labels (deepCopy .root.Values.commonLabels) (deepCopy (.more | default dict))) }}
{{- end }}

{{/* Annotations of an object, with their key, or nothing. */}}
{{- define "flyball.annotations" -}}
{{- with mergeOverwrite (deepCopy .root.Values.commonAnnotations) (deepCopy (.more | default dict)) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The image of a controller. */}}
{{- define "flyball.image" -}}
{{- $image := .settings.image }}
{{- $repository := $image.repository }}
{{- with .root.Values.imageRegistry }}
  {{- $repository = printf "%s/%s" (trimSuffix "/" .) (trimPrefix "ghcr.io/" $repository) }}
{{- end }}
{{- if $image.digest }}
  {{- printf "%s@%s" $repository $image.digest }}
{{- else }}
  {{- printf "%s:%s" $repository ($image.tag | default .root.Chart.AppVersion) }}
{{- end }}
{{- end }}

{{/* The account that a controller acts as. */}}
{{- define "flyball.account" -}}
{{- .settings.serviceAccount.name | default .component }}
{{- end }}

{{/* The shards by name; the first is that of the objects without the label. */}}
{{- define "flyball.shards" -}}
{{- toYaml (dict "names" (prepend .Values.sharding.shards "")) }}
{{- end }}
