#!/bin/sh
# Makes the secrets of the overlay minikube, from random bytes, in the cluster that kubectl speaks to. What is there
# already stays. Give OPENAI_API_KEY for a chat with a language model.
set -eu
namespace=tickler

random() { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'; }

# The values go over standard input: on a command line everybody on this machine could read them.
secret() {
  name=$1
  if kubectl --namespace "$namespace" get secret "$name" > /dev/null 2>&1; then
    echo "$name is there" >&2
    return
  fi
  {
    printf 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n  namespace: %s\nstringData:\n' "$name" "$namespace"
    cat
  } | kubectl create --filename -
}

case "${1:-}" in
  -h | --help)
    sed -n '2,3s/^# //p' "$0"
    exit 0
    ;;
esac
if ! command -v kubectl > /dev/null; then
  echo "there is no kubectl here: https://kubernetes.io/docs/tasks/tools" >&2
  exit 3
fi
kubectl get namespace "$namespace" > /dev/null 2>&1 || kubectl create --filename "$(dirname "$0")/base/namespace.yaml"

password=$(random)
if ! kubectl --namespace "$namespace" get secret postgres > /dev/null 2>&1; then
  # Both, or the database's address would have another password than the database.
  kubectl --namespace "$namespace" delete secret tickler-database --ignore-not-found > /dev/null
fi
printf '  password: "%s"\n' "$password" | secret postgres
printf '  DATABASE_URL: "postgresql://postgres:%s@postgres:5432/tickler"\n' "$password" | secret tickler-database
printf '  TICKLER_SECRET: "%s"\n' "$(random)" | secret tickler-session
printf '  token: "%s"\n' "$(random)" | secret dapr-api-token
printf '  token: "%s"\n' "$(random)" | secret dapr-app-token
if [ -n "${OPENAI_API_KEY:-}" ]; then
  printf '  OPENAI_API_KEY: "%s"\n' "$OPENAI_API_KEY" | secret tickler-openai
fi
