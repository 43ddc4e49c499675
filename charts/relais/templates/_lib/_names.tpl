{{- define "relais.fullname" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 32 | trimSuffix "-" -}}
{{- end -}}

{{/* The name of a part's objects: (dict "root" $ "name" "auth") */}}
{{- define "relais.name" -}}
{{- printf "%s-%s" (include "relais.fullname" .root) .name -}}
{{- end -}}

{{- define "relais.selector" -}}
app.kubernetes.io/name: relais
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{- define "relais.labels" -}}
{{ include "relais.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "relais.metadata" -}}
name: {{ include "relais.name" . }}
labels: {{- include "relais.labels" . | nindent 2 }}
{{- end -}}

{{/* Of every container, ours or not: (dict "root" $ "image" .Values.nats.image). A digest wins over a tag. */}}
{{- define "relais.image" -}}
{{- $image := .image -}}
{{- $repository := $image.repository -}}
{{- with (.root.Values.global).imageRegistry -}}
{{- $repository = printf "%s/%s" (trimSuffix "/" .) $repository -}}
{{- end -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (default .root.Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{/* What the code says of each service, as JSON: does it own a database, does it use Valkey, is it reached from outside. */}}
{{- define "relais.facts" -}}
{{- .Files.Get "files/services.json" -}}
{{- end -}}

{{/* The workload that is reached from outside, and its labels. */}}
{{- define "relais.edge" -}}
{{- ternary "standalone" "gateway" .Values.standalone.enabled -}}
{{- end -}}
