{{/* The Deployment of a controller; what only one of them has comes in as `args`, `ports`, `mounts` and `volumes`. */}}

{{/*
The flags that all have. Their order is that of Flux's Deployments, because patches refer to it by number.
`selector`: the label selector of a shard.
*/}}
{{- define "flyball.args.first" -}}
- --events-addr={{ .root.Values.eventsAddr }}
- --watch-all-namespaces={{ .root.Values.watchAllNamespaces }}
- --log-level={{ .settings.logLevel }}
- --log-encoding={{ .settings.logEncoding }}
{{- /* Without a value it could not be told from a word. */}}
- --enable-leader-election={{ .root.Values.leaderElection.enabled }}
{{- end }}

{{- define "flyball.args.last" -}}
{{- with .root.Values.leaderElection }}
  {{- if .enabled }}
    {{- with .leaseDuration }}
- --leader-election-lease-duration={{ . }}
    {{- end }}
    {{- with .renewDeadline }}
- --leader-election-renew-deadline={{ . }}
    {{- end }}
    {{- with .retryPeriod }}
- --leader-election-retry-period={{ . }}
    {{- end }}
  {{- end }}
{{- end }}
{{- if .root.Values.resourceInfoMetrics }}
- --resource-info-metrics=true
{{- end }}
{{- with .root.Values.tracing }}
  {{- if .endpoint }}
- --otlp-endpoint={{ .endpoint }}
- --otlp-sampling-ratio={{ .samplingRatio }}
    {{- if .headersSecret }}
- --otlp-headers-file=/etc/otlp/headers
    {{- end }}
  {{- end }}
{{- end }}
{{- with .selector }}
- --watch-label-selector={{ . }}
{{- end }}
{{- if .settings.concurrent }}
- --concurrent={{ int .settings.concurrent }}
{{- end }}
{{- with .settings.featureGates }}
  {{- $gates := list }}
  {{- range $gate, $on := . }}
    {{- $gates = append $gates (printf "%s=%t" $gate $on) }}
  {{- end }}
- --feature-gates={{ join "," $gates }}
{{- end }}
{{- range .settings.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end }}

{{- define "flyball.deployment" -}}
{{- $settings := .settings }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "flyball.labels" (dict "root" .root "component" .component "more" $settings.labels) | nindent 4 }}
  {{- include "flyball.annotations" (dict "root" .root "more" $settings.annotations) | nindent 2 }}
spec:
  replicas: {{ int $settings.replicas }}
  revisionHistoryLimit: 3
  strategy:
    {{- /* What all have may be about rolling updates. */}}
    {{- toYaml (ternary (omit $settings.strategy "rollingUpdate") $settings.strategy (eq $settings.strategy.type "Recreate")) | nindent 4 }}
  selector:
    matchLabels:
      app: {{ .name }}
  template:
    metadata:
      labels:
        {{- include "flyball.labels" (dict "root" .root "component" .component
          "more" (mergeOverwrite (deepCopy $settings.podLabels) (dict "app" .name))) | nindent 8 }}
      {{- include "flyball.annotations" (dict "root" .root "more" $settings.podAnnotations) | nindent 6 }}
    spec:
      {{- with .root.Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      serviceAccountName: {{ include "flyball.account" . }}
      automountServiceAccountToken: {{ $settings.serviceAccount.automount }}
      {{- with $settings.podSecurityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $settings.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with $settings.runtimeClassName }}
      runtimeClassName: {{ . }}
      {{- end }}
      {{- with $settings.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $settings.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $settings.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $settings.topologySpreadConstraints }}
      {{- $own := dict "matchLabels" (dict "app" $.name) }}
      topologySpreadConstraints:
        {{- range . }}
        - {{- toYaml (merge (deepCopy .) (dict "labelSelector" $own)) | nindent 10 }}
        {{- end }}
      {{- end }}
      {{- with $settings.dnsPolicy }}
      dnsPolicy: {{ . }}
      {{- end }}
      {{- with $settings.dnsConfig }}
      dnsConfig:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $settings.hostAliases }}
      hostAliases:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      terminationGracePeriodSeconds: {{ int $settings.terminationGracePeriodSeconds }}
      containers:
        - name: manager
          image: {{ include "flyball.image" . }}
          imagePullPolicy: {{ $settings.image.pullPolicy }}
          args:
            {{- .args | nindent 12 }}
          env:
            - name: RUNTIME_NAMESPACE
              valueFrom:
                fieldRef:
                  fieldPath: metadata.namespace
            # The allocator gives memory back at once: after a burst nothing else would ask it to.
            - name: MIMALLOC_PURGE_DELAY
              value: "0"
            {{- with $settings.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          {{- with $settings.extraEnvFrom }}
          envFrom:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          ports:
            {{- range .ports }}
            - name: {{ .name }}
              containerPort: {{ int .port }}
              protocol: TCP
            {{- end }}
          {{- with $settings.livenessProbe }}
          livenessProbe:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- with $settings.readinessProbe }}
          readinessProbe:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- with $settings.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- with $settings.securityContext }}
          securityContext:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          volumeMounts:
            - name: temp
              mountPath: /tmp
            {{- with .mounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
            {{- if and .root.Values.tracing.endpoint .root.Values.tracing.headersSecret }}
            - name: otlp
              mountPath: /etc/otlp
              readOnly: true
            {{- end }}
            {{- with $settings.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
      volumes:
        - name: temp
          emptyDir: {}
        {{- with .volumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- if and .root.Values.tracing.endpoint .root.Values.tracing.headersSecret }}
        - name: otlp
          secret:
            secretName: {{ .root.Values.tracing.headersSecret }}
        {{- end }}
        {{- with $settings.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- end }}

{{/* The ports that all have. */}}
{{- define "flyball.ports" -}}
- name: http-prom
  port: 8080
- name: healthz
  port: 9440
{{- end }}

{{/* What a shard watches: its value of the label, or for the first one the objects without it. */}}
{{- define "flyball.selector" -}}
{{- $sharding := .root.Values.sharding }}
{{- if .shard }}
  {{- printf "%s=%s" $sharding.key .shard }}
{{- else if $sharding.shards }}
  {{- printf "!%s" $sharding.key }}
{{- end }}
{{- end }}
