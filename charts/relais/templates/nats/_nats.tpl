{{/* The configuration of the bundled NATS. Keys of users come from the environment, for they are made in the cluster. */}}
{{- define "relais.natsConfiguration" -}}
{{- $root := . -}}
{{- $name := include "relais.name" (dict "root" $ "name" "nats") -}}
server_name: $SERVER_NAME
port: 4222
http: 8222
pid_file: /run/nats/nats.pid
max_payload: 1MB
write_deadline: "2s"
ping_interval: "20s"
lame_duck_grace_period: "5s"
lame_duck_duration: "30s"
jetstream { store_dir: /data, sync_interval: always, max_memory_store: 16MB, max_file_store: {{ include "relais.bytes" .Values.nats.storage.size }} }
{{- if gt (int .Values.nats.replicas) 1 }}
cluster {
  name: {{ $name }}
  port: 6222
  authorization { user: $ROUTE_USER, password: $ROUTE_PASSWORD, timeout: 5 }
  {{- include "relais.natsTls" . | nindent 2 }}
}
{{- end }}
{{- include "relais.natsTls" . | nindent 0 }}
authorization {
  users = [
    {{- range $service, $may := .Files.Get "files/nats-permissions.json" | fromJson }}
    {{- if or (ne $service "operator") $root.Values.operator.enabled }}
    {
      nkey: ${{ upper $service }}_NKEY
      permissions {
        publish { allow: {{ toRawJson $may.publish }} }
        subscribe { allow: {{ toRawJson $may.subscribe }} }
        allow_responses { max: 1, expires: "1m" }
      }
    }
    {{- end }}
    {{- end }}
  ]
}
{{- end -}}

{{- define "relais.natsTls" -}}
{{- if include "relais.natsTlsSecret" . -}}
tls { cert_file: /run/relais/tls/tls.crt, key_file: /run/relais/tls/tls.key, ca_file: /run/relais/tls/ca.crt, timeout: 5 }
{{- end -}}
{{- end -}}

{{/* Nine tenths of a volume, in the units of NATS. */}}
{{- define "relais.bytes" -}}
{{- $mib := include "relais.mebibytes" . | int -}}
{{- printf "%dMB" (div (mul $mib 9) 10) -}}
{{- end -}}

{{- define "relais.natsRoutes" -}}
{{- $name := include "relais.name" (dict "root" $ "name" "nats") -}}
{{- $routes := list -}}
{{- range $index := until (int .Values.nats.replicas) -}}
{{- $routes = append $routes (printf "nats-route://$(ROUTE_USER):$(ROUTE_PASSWORD)@%s-%d.%s-peers:6222" $name $index $name) -}}
{{- end -}}
{{- join "," $routes -}}
{{- end -}}
