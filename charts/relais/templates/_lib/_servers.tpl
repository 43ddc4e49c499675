{{/* Where the servers are. */}}
{{- define "relais.natsUrl" -}}
{{- if .Values.nats.bundled -}}
{{- $scheme := ternary "nats" "tls" (eq .Values.nats.tls.mode "none") -}}
{{- printf "%s://%s-nats:4222" $scheme (include "relais.fullname" .) -}}
{{- else -}}
{{- .Values.nats.url -}}
{{- end -}}
{{- end -}}

{{- define "relais.natsTlsSecret" -}}
{{- if eq .Values.nats.tls.mode "existing" }}{{ .Values.nats.tls.secret }}{{ else if eq .Values.nats.tls.mode "cert-manager" }}{{ include "relais.fullname" . }}-nats-tls{{ end -}}
{{- end -}}

{{- define "relais.postgresqlHost" -}}
{{- if .Values.postgresql.bundled -}}
{{- include "relais.fullname" . }}-postgresql
{{- else if .Values.postgresql.cnpg.enabled -}}
{{- include "relais.fullname" . }}-postgresql-rw
{{- else -}}
{{- .Values.postgresql.host -}}
{{- end -}}
{{- end -}}

{{- define "relais.postgresqlPort" -}}
{{- if or .Values.postgresql.bundled .Values.postgresql.cnpg.enabled }}5432{{ else }}{{ .Values.postgresql.port }}{{ end -}}
{{- end -}}

{{/* Asked of the address, and of the certificate where its CA is known. */}}
{{- define "relais.postgresqlCaSecret" -}}
{{- if .Values.postgresql.cnpg.enabled }}{{ include "relais.fullname" . }}-postgresql-ca{{ else }}{{ .Values.postgresql.caSecret }}{{ end -}}
{{- end -}}

{{/* An address of which the password is a variable: (dict "root" $ "role" "auth_app" "password" "NAME" "database" "relais_auth") */}}
{{- define "relais.postgresqlUrl" -}}
{{- $tls := ternary "?sslmode=verify-full&sslrootcert=/run/relais/postgresql-ca/ca.crt" "" (ne (include "relais.postgresqlCaSecret" .root) "") -}}
{{- printf "postgresql://%s:$(%s)@%s:%s/%s%s" .role .password (include "relais.postgresqlHost" .root) (include "relais.postgresqlPort" .root) .database $tls -}}
{{- end -}}

{{- define "relais.adminSecretName" -}}
{{- if .Values.postgresql.cnpg.enabled }}{{ include "relais.fullname" . }}-postgresql-superuser{{ else }}{{ .Values.postgresql.adminSecret.name }}{{ end -}}
{{- end -}}

{{/* Whether databases and roles are made by us. */}}
{{- define "relais.provisions" -}}
{{- if or .Values.postgresql.bundled .Values.postgresql.cnpg.enabled .Values.postgresql.adminSecret.name }}true{{ end -}}
{{- end -}}
