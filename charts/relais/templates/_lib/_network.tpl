{{/* Rules of network policies. A part of ours is known by its labels, a server of yours by your selectors or its port alone. */}}
{{- define "relais.toDns" -}}
- ports: [{ port: 53, protocol: UDP }, { port: 53, protocol: TCP }]
{{- end -}}

{{- define "relais.peer" -}}
- podSelector:
    matchLabels: {{- include "relais.selector" . | nindent 6 }}
{{- end -}}

{{/* (dict "root" $ "part" "nats" "port" 4222) */}}
{{- define "relais.toServer" -}}
{{- $server := index .root.Values .part -}}
- ports: [{ port: {{ .port }}, protocol: TCP }]
{{- if $server.bundled }}
  to: {{- include "relais.peer" (dict "root" .root "name" .part) | nindent 4 }}
{{- else if and (eq .part "postgresql") $server.cnpg.enabled }}
  to:
    - podSelector: { matchLabels: { cnpg.io/cluster: {{ include "relais.fullname" .root }}-postgresql } }
{{- else if or $server.namespaceSelector $server.podSelector }}
  to:
    - namespaceSelector: {{- toYaml $server.namespaceSelector | nindent 8 }}
      podSelector: {{- toYaml $server.podSelector | nindent 8 }}
{{- end }}
{{- end -}}

{{- define "relais.toNats" -}}
{{ include "relais.toServer" (dict "root" . "part" "nats" "port" (ternary 4222 .Values.nats.port .Values.nats.bundled)) }}
{{- end -}}
{{- define "relais.toPostgresql" -}}
{{ include "relais.toServer" (dict "root" . "part" "postgresql" "port" (include "relais.postgresqlPort" .)) }}
{{- end -}}
{{- define "relais.toValkey" -}}
{{ include "relais.toServer" (dict "root" . "part" "valkey" "port" (ternary 6379 .Values.valkey.port .Values.valkey.bundled)) }}
{{- end -}}

{{/* (dict "root" $ "name" "auth" "ingress" text "egress" text): what a part may, and nothing else. */}}
{{- define "relais.networkPolicy" -}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{- include "relais.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels: {{- include "relais.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- with .ingress }}
  ingress: {{- . | nindent 4 }}
  {{- end }}
  {{- with .egress }}
  egress: {{- . | nindent 4 }}
  {{- end }}
{{- end -}}
