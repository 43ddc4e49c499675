{{/* The secrets that the bootstrap job makes when they are missing, as JSON: name, and what each key is made of. */}}
{{- define "relais.plan" -}}
{{- $root := . -}}
{{- $fullname := include "relais.fullname" . -}}
{{- $plan := list -}}
{{- $facts := include "relais.facts" . | fromJson -}}
{{- range $name, $service := .Values.services -}}
{{- $own := include "relais.name" (dict "root" $root "name" $name) -}}
{{- $database := (index $facts $name).database -}}
{{- if not (or $service.existingSecret (hasKey $root.Values.secrets.inline $name)) -}}
{{- $keys := dict "NATS_NKEY_SEED" "nkey-seed" "NATS_NKEY" "nkey" -}}
{{- if $database -}}{{- $keys = merge $keys (dict "kek.json" "kek" "DATABASE_PASSWORD" "password") -}}{{- end -}}
{{- $plan = append $plan (dict "name" $own "keys" $keys) -}}
{{- end -}}
{{- if and $database (not (or $service.ownerSecret (hasKey $root.Values.secrets.inline $name))) -}}
{{- $plan = append $plan (dict "name" (printf "%s-owner" $own) "keys" (dict "DATABASE_OWNER_PASSWORD" "password")) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.operator.enabled (not .Values.operator.existingSecret) -}}
{{- $plan = append $plan (dict "name" (include "relais.operatorSecret" .) "keys" (dict "NATS_NKEY_SEED" "nkey-seed" "NATS_NKEY" "nkey")) -}}
{{- end -}}
{{- if .Values.postgresql.bundled -}}
{{- $plan = append $plan (dict "name" (printf "%s-postgresql" $fullname) "keys" (dict "POSTGRES_PASSWORD" "password")) -}}
{{- end -}}
{{- if and .Values.valkey.enabled .Values.valkey.bundled -}}
{{- $plan = append $plan (dict "name" (printf "%s-valkey" $fullname) "keys" (dict "VALKEY_PASSWORD" "password")) -}}
{{- end -}}
{{- if and .Values.nats.bundled (gt (int .Values.nats.replicas) 1) -}}
{{- $plan = append $plan (dict "name" (printf "%s-nats-routes" $fullname) "keys" (dict "ROUTE_USER" "password" "ROUTE_PASSWORD" "password")) -}}
{{- end -}}
{{- if and .Values.firstOrganization.enabled (not .Values.firstOrganization.existingSecret) -}}
{{- $plan = append $plan (dict "name" (printf "%s-first-organization" $fullname) "keys" (dict "BOOTSTRAP_TOKEN" "password")) -}}
{{- end -}}
{{- toJson $plan -}}
{{- end -}}
