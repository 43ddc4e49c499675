{{/* The user id of the image: (dict "root" $ "user" 65532); on OpenShift it comes from the namespace. */}}
{{- define "relais.podSecurityContext" -}}
runAsNonRoot: true
{{- if not .root.Values.openshift }}
runAsUser: {{ .user }}
runAsGroup: {{ .user }}
fsGroup: {{ .user }}
fsGroupChangePolicy: OnRootMismatch
{{- end }}
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "relais.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: { drop: [ALL] }
{{- end -}}

{{/* Memory may become twice what is asked for; CPU is not limited. */}}
{{- define "relais.resources" -}}
{{- $mib := include "relais.mebibytes" .memory | int -}}
requests: { cpu: {{ .cpu | quote }}, memory: {{ .memory | quote }} }
limits: { memory: {{ printf "%dMi" (mul 2 $mib) | quote }} }
{{- end -}}

{{- define "relais.mebibytes" -}}
{{- if hasSuffix "Gi" . }}{{ mul (trimSuffix "Gi" . | int) 1024 }}{{ else }}{{ trimSuffix "Mi" . }}{{ end -}}
{{- end -}}

{{/* The heap leaves three tenths of the limit for what is beside it. */}}
{{- define "relais.nodeOptions" -}}
{{- $mib := include "relais.mebibytes" .requests.memory | int -}}
{{- $young := has .name (list "auth" "operator") | ternary 1 8 -}}
{{- printf "--max-old-space-size=%d --max-semi-space-size=%d" (div (mul $mib 2 7) 10) $young -}}
{{- end -}}

{{/* What stands above the containers of every pod: (dict "root" $ "name" account "user" 65532) */}}
{{- define "relais.podDefaults" -}}
serviceAccountName: {{ include "relais.name" . }}
automountServiceAccountToken: {{ default false .token }}
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- with .root.Values.pods.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.pods.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.pods.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
securityContext: {{- include "relais.podSecurityContext" . | nindent 2 }}
{{- end -}}

{{/* Labels and annotations of a pod, none of which changes with the chart's version alone: (dict "root" $ "name" "auth" "checksum" text) */}}
{{- define "relais.podMetadata" -}}
labels:
  {{- include "relais.selector" . | nindent 2 }}
  {{- with .root.Values.pods.labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- if or .checksum .root.Values.pods.annotations }}
annotations:
  {{- with .checksum }}
  relais.io/configuration: {{ sha256sum . | trunc 16 | quote }}
  {{- end }}
  {{- with .root.Values.pods.annotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Apart from each other, each version for itself. Sets keep their pods' names, and have no such hash. */}}
{{- define "relais.spread" -}}
{{- $at := . -}}
topologySpreadConstraints:
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: {{ $at.root.Values.topologySpread.whenUnsatisfiable }}
    labelSelector:
      matchLabels: {{- include "relais.selector" $at | nindent 8 }}
    {{- if not $at.set }}
    matchLabelKeys: [pod-template-hash]
    {{- end }}
  {{- end }}
{{- end -}}

{{/* What each container of ours has: (dict "root" $ "requests" requests "program" "apps/auth/dist/main.js") */}}
{{- define "relais.container" -}}
image: {{ include "relais.image" (dict "root" .root "image" .root.Values.image) | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: [{{ .program | quote }}]
securityContext: {{- include "relais.securityContext" . | nindent 2 }}
resources: {{- include "relais.resources" .requests | nindent 2 }}
{{- end -}}

{{/* Liveness looks at the process only; readiness says what is missing. */}}
{{- define "relais.probes" -}}
startupProbe:
  httpGet: { path: /livez, port: internal }
  periodSeconds: 1
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /livez, port: internal }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /readyz, port: internal }
  periodSeconds: 2
  timeoutSeconds: 3
  failureThreshold: 2
{{- end -}}

{{/* Seconds: the last who come, the sockets, what is in flight, one more look of a Prometheus where sockets were cut; then the process ends by itself, and only then is it killed. */}}
{{- define "relais.shutdownSeconds" -}}
{{- add 1 .Values.gateway.drain.drainSeconds 50 -}}
{{- end -}}
{{- define "relais.graceSeconds" -}}
{{- add .Values.gateway.drain.delaySeconds (include "relais.shutdownSeconds" .) 5 -}}
{{- end -}}
{{- define "relais.preStop" -}}
lifecycle:
  preStop: { sleep: { seconds: {{ .Values.gateway.drain.delaySeconds }} } }
{{- end -}}

{{- define "relais.pdb" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{- include "relais.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "relais.selector" . | nindent 6 }}
{{- end -}}

{{/* (dict "root" $ "name" "data" "storage" storage) */}}
{{- define "relais.claim" -}}
metadata: { name: {{ .name }} }
spec:
  accessModes: [ReadWriteOnce]
  {{- with .storage.className }}
  storageClassName: {{ . | quote }}
  {{- end }}
  resources: { requests: { storage: {{ .storage.size | quote }} } }
{{- end -}}
