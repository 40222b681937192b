#!/bin/sh
# Makes the namespace unless it is there. The server answers a moment before it takes namespaces.
set -eu
attempt=0
until temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 3d; do
  attempt=$((attempt + 1))
  [ $attempt -lt 60 ] || exit 1
  sleep 1
done
