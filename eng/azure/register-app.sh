#!/usr/bin/env sh
# Registers the application in Entra ID, with the roles of the HTTP API, and keeps its client id in the azd environment.
# Running it again changes nothing: an existing registration is used, and its roles stay as they are.
set -eu

# Known already: a pipeline has no right to look registrations up, and needs none.
[ -z "${ENTRA_CLIENT_ID:-}" ] || exit 0

name="payment-monitor-$AZURE_ENV_NAME"
id=$(az ad app list --filter "displayName eq '$name'" --query "[0].appId" --output tsv)
if [ -z "$id" ]; then
  roles=$(mktemp)
  trap 'rm -f "$roles"' EXIT
  role() { # name, what it may do
    printf '{"allowedMemberTypes":["User","Application"],"description":"%s","displayName":"%s","id":"%s","isEnabled":true,"value":"%s"}' "$2" "$1" "$3" "$1"
  }
  {
    printf '['
    role reader "Reads everything, changes nothing" 0b4c1a7e-2f65-4c59-9a3e-6d1f5c0e7a01
    printf ','
    role integrator "A business system: reads, refunds and subscribes" 0b4c1a7e-2f65-4c59-9a3e-6d1f5c0e7a02
    printf ','
    role operator "May do everything" 0b4c1a7e-2f65-4c59-9a3e-6d1f5c0e7a03
    printf ']'
  } > "$roles"
  id=$(az ad app create --display-name "$name" --sign-in-audience AzureADMyOrg --app-roles "@$roles" --query appId --output tsv)
  az ad app update --id "$id" --identifier-uris "api://$id"
  echo "Registered $name as $id."
fi

# The service principal is what people and systems are given roles of, and what tokens are issued for.
az ad sp show --id "$id" >/dev/null 2>&1 || az ad sp create --id "$id" >/dev/null
azd env set ENTRA_CLIENT_ID "$id"
