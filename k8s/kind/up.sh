#!/usr/bin/env bash
# From nothing to a Relais in a cluster of containers. Needs kind, kubectl, helm, and podman or docker.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

for program in kind kubectl helm; do
  command -v "$program" >/dev/null || { echo "$program is not there: install it first" >&2; exit 1; }
done
# The one that `npm run images` takes: it has to answer, and kind has to take the same.
engine=
for program in podman docker; do
  [ -n "$engine" ] || ! "$program" info > /dev/null 2>&1 || engine=$program
done
[ -n "$engine" ] || { echo "neither podman nor docker answers: install or start one of them first" >&2; exit 1; }
export KIND_EXPERIMENTAL_PROVIDER=$engine

npm run images
image=localhost/relais/relais:$(node -p 'require("./package.json").version')
kind get clusters | grep -qx relais || kind create cluster --config k8s/kind/cluster.yaml --wait 120s
archive=$(mktemp -d)/relais.tar
"$engine" save "$image" -o "$archive"
kind load image-archive "$archive" --name relais
rm -r "$(dirname "$archive")"

kubectl apply -f k8s/kind/namespace.yaml
helm upgrade --install relais charts/relais --namespace relais --set image.repository="${image%:*}" \
  --set tests.enabled=true --wait --timeout 5m
helm test relais --namespace relais
