{{/*
What is to be done about each definition, as lists: `install` (paths of files), `kept` (names of those in the cluster
that belong to others), `refused` (why nothing can be installed). Without a cluster, as in `helm template`, everything
is installed.
*/}}
{{- define "flyball.crds" -}}
{{- $install := list }}
{{- $kept := list }}
{{- $refused := list }}
{{- $connected := not (empty (lookup "v1" "Namespace" "" "kube-system")) }}
{{- $sections := dict
  "source-controller" "sourceController"
  "kustomize-controller" "kustomizeController"
  "health-controller" "healthController" }}
{{- range $path, $_ := .Files.Glob "files/crds/*.yaml" }}
  {{- $crd := $.Files.Get $path | fromYaml }}
  {{- $name := $crd.metadata.name }}
  {{- $component := get $crd.metadata.labels "app.kubernetes.io/component" }}
  {{- $wanted := (get $.Values (get $sections $component)).enabled }}
  {{- if hasPrefix "receivers." $name }}
    {{- /* Flux's notification-controller brings it, too. */}}
    {{- $wanted = and $wanted $.Values.sourceController.receivers.enabled }}
  {{- end }}
  {{- $live := lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" $name }}
  {{- if not $live }}
    {{- if $wanted }}
      {{- $install = append $install $path }}
    {{- else if and $connected (ne $component "health-controller") (include "flyball.crds.needed" (dict "root" $ "component" $component)) (not (hasPrefix "externalartifacts." $name)) (not (hasPrefix "receivers." $name)) }}
      {{- $refused = append $refused (printf "there is no CustomResourceDefinition %s in the cluster. It comes with %s, yours or Flux's: enable %s, install Flux's first, or set crds.enabled=false if it will be there later." $name $component (get $sections $component)) }}
    {{- end }}
  {{- else }}
    {{- $annotations := $live.metadata.annotations | default dict }}
    {{- $ours := and (eq (get $annotations "meta.helm.sh/release-name") $.Release.Name) (eq (get $annotations "meta.helm.sh/release-namespace") $.Release.Namespace) }}
    {{- $known := list }}
    {{- range $crd.spec.versions }}
      {{- $known = append $known .name }}
    {{- end }}
    {{- $served := list }}
    {{- range $live.spec.versions }}
      {{- if .served }}
        {{- $served = append $served .name }}
      {{- end }}
    {{- end }}
    {{- $newer := list }}
    {{- range $live.status.storedVersions }}
      {{- if not (has . $known) }}
        {{- $newer = append $newer . }}
      {{- end }}
    {{- end }}
    {{- $takes := and $wanted $.Values.crds.takeOwnership (not $ours) }}
    {{- $fields := list }}
    {{- if $takes }}
      {{- $fields = include "flyball.crds.newfields" (dict "own" $crd "live" $live) | fromYamlArray }}
    {{- end }}
    {{- if and $newer (or $ours $takes) }}
      {{- $refused = append $refused (printf "the CustomResourceDefinition %s in the cluster has objects stored as %s, which this chart does not know (it has %s). Leave it to whom it belongs (crds.takeOwnership=false), or migrate its objects first." $name (join ", " $newer) (join ", " $known)) }}
    {{- else if $fields }}
      {{- $refused = append $refused (printf "the CustomResourceDefinition %s in the cluster is newer than this chart's: its spec has %s, which objects would lose. Leave it to whom it belongs (crds.takeOwnership=false)." $name (join ", " $fields)) }}
    {{- else if or $ours $takes }}
      {{- /* What the release has once installed stays in it, or Helm would take it for something to delete. */}}
      {{- $install = append $install $path }}
    {{- else if not (has (first $known) $served) }}
      {{- $refused = append $refused (printf "the CustomResourceDefinition %s in the cluster serves %s, but %s is needed. Have whom it belongs to upgrade it, or set crds.takeOwnership=true and use helm's --take-ownership and --force-conflicts." $name (join ", " $served) (first $known)) }}
    {{- else }}
      {{- $owner := get $annotations "meta.helm.sh/release-name" }}
      {{- $version := get ($live.metadata.labels | default dict) "app.kubernetes.io/version" }}
      {{- $of := ternary (printf "of the release %s in %s" $owner (get $annotations "meta.helm.sh/release-namespace")) (printf "not of Helm%s" (ternary (printf ", version %s" $version) "" (ne $version ""))) (ne $owner "") }}
      {{- if $wanted }}
        {{- $kept = append $kept (printf "%s (%s)" $name $of) }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end }}
{{- toYaml (dict "install" $install "kept" $kept "refused" $refused) }}
{{- end }}

{{/* The fields of the spec that a definition in the cluster (`live`) has and the chart's (`own`) has not. */}}
{{- define "flyball.crds.newfields" -}}
{{- $own := dict }}
{{- range .own.spec.versions }}
  {{- $own = ((((.schema).openAPIV3Schema).properties).spec).properties | default dict | merge $own }}
{{- end }}
{{- $new := list }}
{{- range .live.spec.versions }}
  {{- range $field, $_ := ((((.schema).openAPIV3Schema).properties).spec).properties }}
    {{- if not (hasKey $own $field) }}
      {{- $new = append $new $field }}
    {{- end }}
  {{- end }}
{{- end }}
{{- $new | uniq | sortAlpha | toYaml }}
{{- end }}

{{/* Whether an enabled controller needs the definitions of `component`; empty if none does. */}}
{{- define "flyball.crds.needed" -}}
{{- if eq .component "source-controller" }}
  {{- if .root.Values.kustomizeController.enabled }}yes{{ end }}
{{- else if eq .component "kustomize-controller" }}
  {{- if .root.Values.healthController.enabled }}yes{{ end }}
{{- end }}
{{- end }}
