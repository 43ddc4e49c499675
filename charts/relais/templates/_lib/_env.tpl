{{- define "relais.fromSecret" -}}
- name: {{ default .key .name }}
  valueFrom: { secretKeyRef: { name: {{ .secret | quote }}, key: {{ .key | quote }} } }
{{- end -}}

{{/* The secret of a service, and that of the owner of its tables: (dict "root" $ "name" "auth") */}}
{{- define "relais.secretOf" -}}
{{- default (include "relais.name" .) (index .root.Values.services .name).existingSecret -}}
{{- end -}}
{{- define "relais.ownerSecretOf" -}}
{{- default (printf "%s-owner" (include "relais.name" .)) (index .root.Values.services .name).ownerSecret -}}
{{- end -}}

{{/* Whether the whole addresses of a service's databases are in its secret, or only the password. */}}
{{- define "relais.hasAddresses" -}}
{{- if or (index .root.Values.services .name).existingSecret (hasKey .root.Values.secrets.inline .name) }}true{{ end -}}
{{- end -}}

{{/* DATABASE_URL and KEYSTORE_URL of the application: (dict "root" $ "name" "auth" "prefix" "AUTH_") */}}
{{- define "relais.databaseEnv" -}}
{{- $secret := include "relais.secretOf" . -}}
{{- if include "relais.hasAddresses" . -}}
{{- range $key := list "DATABASE_URL" "KEYSTORE_URL" }}
{{ include "relais.fromSecret" (dict "name" (printf "%s%s" $.prefix $key) "key" $key "secret" $secret) }}
{{- end }}
{{- else -}}
{{- $password := printf "%sDATABASE_PASSWORD" .prefix -}}
{{- $url := dict "root" .root "role" (printf "%s_app" .name) "password" $password }}
{{ include "relais.fromSecret" (dict "name" $password "key" "DATABASE_PASSWORD" "secret" $secret) }}
- { name: {{ .prefix }}DATABASE_URL, value: {{ include "relais.postgresqlUrl" (merge (dict "database" (printf "relais_%s" .name)) $url) | quote }} }
- { name: {{ .prefix }}KEYSTORE_URL, value: {{ include "relais.postgresqlUrl" (merge (dict "database" (printf "relais_%s_keys" .name)) $url) | quote }} }
{{- end }}
{{- end -}}

{{/* The same of the owner, for migrations. */}}
{{- define "relais.ownerEnv" -}}
{{- $secret := include "relais.ownerSecretOf" . -}}
{{- if (index .root.Values.services .name).ownerSecret -}}
{{- range $key := list "DATABASE_OWNER_URL" "KEYSTORE_OWNER_URL" }}
{{ include "relais.fromSecret" (dict "key" $key "secret" $secret) }}
{{- end }}
{{- else -}}
{{- $url := dict "root" .root "role" (printf "%s_owner" .name) "password" "DATABASE_OWNER_PASSWORD" }}
{{ include "relais.fromSecret" (dict "key" "DATABASE_OWNER_PASSWORD" "secret" $secret) }}
- { name: DATABASE_OWNER_URL, value: {{ include "relais.postgresqlUrl" (merge (dict "database" (printf "relais_%s" .name)) $url) | quote }} }
- { name: KEYSTORE_OWNER_URL, value: {{ include "relais.postgresqlUrl" (merge (dict "database" (printf "relais_%s_keys" .name)) $url) | quote }} }
{{- end }}
{{- end -}}

{{/* What every process is told: (dict "root" $ "requests" requests) */}}
{{- define "relais.processEnv" -}}
{{- $values := .root.Values -}}
- name: REPLICA
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- { name: NODE_OPTIONS, value: {{ include "relais.nodeOptions" (dict "requests" .requests "name" .name) | quote }} }
- { name: MALLOC_ARENA_MAX, value: "1" }
- { name: LOG_LEVEL, value: {{ $values.logLevel | quote }} }
- { name: VERSION, value: {{ .root.Chart.AppVersion | quote }} }
- { name: NATS_URL, value: {{ include "relais.natsUrl" .root | quote }} }
{{- if $values.tracing.endpoint }}
- { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ $values.tracing.endpoint | quote }} }
- { name: OTEL_TRACES_SAMPLER_ARG, value: {{ $values.tracing.share | quote }} }
{{- end }}
{{- if include "relais.natsTlsSecret" .root }}
- { name: NATS_CA_FILE, value: /run/relais/nats-ca/ca.crt }
{{- end }}
{{- end -}}

{{/* What one service is told: (dict "root" $ "name" "auth" "prefix" ""). In one process with others, by names with a prefix. */}}
{{- define "relais.serviceEnv" -}}
{{- $at := . -}}
{{- $values := .root.Values -}}
{{- $service := index $values.services .name -}}
{{- $facts := index (include "relais.facts" .root | fromJson) .name -}}
{{- $env := dict -}}
{{- if $facts.database -}}
{{- $_ := set $env "KEK_FILE" (printf "/run/relais/kek/%s/kek.json" .name) -}}
{{- $_ := set $env "EVENTS_REPLICAS" $values.nats.replicas -}}
{{- end -}}
{{- if eq .name "gateway" -}}
{{- $_ := set $env "PUBLIC_URL" (include "relais.publicUrls" .root) -}}
{{- $_ := set $env "ALLOWED_ORIGINS" (join "," $values.gateway.allowedOrigins) -}}
{{- $_ := set $env "TRUSTED_PROXIES" (join "," $values.gateway.trustedProxies) -}}
{{- $_ := set $env "EXPECTED_REPLICAS" (ternary 1 (int $service.replicas) $values.standalone.enabled) -}}
{{- $_ := set $env "DRAIN_DELAY_MS" 1000 -}}
{{- $_ := set $env "DRAIN_MS" (mul $values.gateway.drain.drainSeconds 1000) -}}
{{- $_ := set $env "SHUTDOWN_DEADLINE_MS" (mul (include "relais.shutdownSeconds" .root) 1000) -}}
{{- end -}}
{{- if and (eq .name "auth") $values.passkeys.rpId -}}
{{- $_ := set $env "WEBAUTHN_RP_ID" $values.passkeys.rpId -}}
{{- $_ := set $env "WEBAUTHN_ORIGINS" (join "," $values.passkeys.origins) -}}
{{- end -}}
{{- range $key, $value := $service.env }}{{ $_ := set $env $key $value }}{{ end -}}
{{ include "relais.fromSecret" (dict "name" (printf "%sNATS_NKEY_SEED" .prefix) "key" "NATS_NKEY_SEED" "secret" (include "relais.secretOf" .)) }}
{{- if eq .name "gateway" }}
- name: {{ .prefix }}ROLLOUT
  valueFrom: { fieldRef: { fieldPath: "metadata.labels['pod-template-hash']" } }
{{- end }}
{{- if $facts.database }}
{{- include "relais.databaseEnv" . }}
{{- end }}
{{- if and $facts.redis $values.valkey.enabled }}
{{ include "relais.valkeyEnv" . }}
{{- end }}
{{- if and (eq .name "auth") $values.firstOrganization.enabled }}
{{ include "relais.fromSecret" (dict "name" (printf "%sBOOTSTRAP_TOKEN" .prefix) "key" "BOOTSTRAP_TOKEN" "secret" (include "relais.firstOrganizationSecret" .root)) }}
{{- end }}
{{- range $key, $ref := $service.secretEnv }}
{{ include "relais.fromSecret" (dict "name" (printf "%s%s" $at.prefix $key) "key" $ref.key "secret" $ref.name) }}
{{- end }}
{{- range $key, $value := $env }}
- { name: {{ $at.prefix }}{{ $key }}, value: {{ include "relais.text" $value | quote }} }
{{- end }}
{{- end -}}

{{/* What proofs may name. The operator's name the Service; without a list, whatever a request names is believed. */}}
{{- define "relais.publicUrls" -}}
{{- $urls := .Values.gateway.publicUrls -}}
{{- if and $urls (include "relais.asksInside" .) }}{{ $urls = append $urls (include "relais.insideUrl" .) }}{{ end -}}
{{- join "," $urls -}}
{{- end -}}

{{/* Helm reads whole numbers as floating ones: 100000 is not 1e+05. */}}
{{- define "relais.text" -}}
{{- if and (kindIs "float64" .) (eq . (floor .)) }}{{ int64 . }}{{ else }}{{ . }}{{ end -}}
{{- end -}}

{{- define "relais.firstOrganizationSecret" -}}
{{- default (printf "%s-first-organization" (include "relais.fullname" .)) .Values.firstOrganization.existingSecret -}}
{{- end -}}

{{- define "relais.valkeyEnv" -}}
{{- $values := .root.Values -}}
{{- if $values.valkey.bundled -}}
{{- $secret := printf "%s-valkey" (include "relais.fullname" .root) -}}
{{ include "relais.fromSecret" (dict "name" (printf "%sVALKEY_PASSWORD" .prefix) "key" "VALKEY_PASSWORD" "secret" $secret) }}
- { name: {{ .prefix }}REDIS_URL, value: {{ printf "redis://:$(%sVALKEY_PASSWORD)@%s-valkey:6379" .prefix (include "relais.fullname" .root) | quote }} }
{{- else -}}
{{ include "relais.fromSecret" (dict "name" (printf "%sREDIS_URL" .prefix) "key" "REDIS_URL" "secret" $values.valkey.existingSecret) }}
{{- end -}}
{{- end -}}

{{/* Files of a pod that runs some services: (dict "root" $ "names" (list "auth")). Keys apart, each in the hands of its service. */}}
{{- define "relais.volumeMounts" -}}
{{- $root := .root -}}
{{- $facts := include "relais.facts" $root | fromJson -}}
- { name: tmp, mountPath: /tmp }
{{- range $name := .names }}
{{- if (index $facts $name).database }}
- { name: kek-{{ $name }}, mountPath: /run/relais/kek/{{ $name }}, readOnly: true }
{{- end }}
{{- end }}
{{ include "relais.caMounts" $root }}
{{- end -}}

{{- define "relais.caMounts" -}}
{{- if include "relais.natsTlsSecret" . }}
- { name: nats-ca, mountPath: /run/relais/nats-ca, readOnly: true }
{{- end }}
{{- if include "relais.postgresqlCaSecret" . }}
- { name: postgresql-ca, mountPath: /run/relais/postgresql-ca, readOnly: true }
{{- end }}
{{- end -}}

{{- define "relais.volumes" -}}
{{- $root := .root -}}
{{- $facts := include "relais.facts" $root | fromJson -}}
- name: tmp
  emptyDir: { sizeLimit: 64Mi }
{{- range $name := .names }}
{{- if (index $facts $name).database }}
- name: kek-{{ $name }}
  secret:
    secretName: {{ include "relais.secretOf" (dict "root" $root "name" $name) | quote }}
    items: [{ key: kek.json, path: kek.json }]
{{- end }}
{{- end }}
{{ include "relais.caVolumes" $root }}
{{- end -}}

{{- define "relais.caVolumes" -}}
{{- with include "relais.natsTlsSecret" . }}
- name: nats-ca
  secret: { secretName: {{ . | quote }}, items: [{ key: ca.crt, path: ca.crt }] }
{{- end }}
{{- with include "relais.postgresqlCaSecret" . }}
- name: postgresql-ca
  secret: { secretName: {{ . | quote }}, items: [{ key: ca.crt, path: ca.crt }] }
{{- end }}
{{- end -}}
