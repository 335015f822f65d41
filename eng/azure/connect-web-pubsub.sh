#!/usr/bin/env sh
# Tells Web PubSub where machines' events go. It calls the address while it is set, so the application must run by then; a cold one
# may take a moment.
set -eu

for attempt in 1 2 3 4 5; do
  if az deployment group create \
    --resource-group "$AZURE_RESOURCE_GROUP" \
    --name event-handler \
    --template-file infra/eventHandler.bicep \
    --parameters webPubSubName="$WEB_PUB_SUB_NAME" appHost="$SERVICE_APP_HOST" entraClientId="$ENTRA_CLIENT_ID" \
    --output none; then
    echo "Machines' events go to https://$SERVICE_APP_HOST/api/web-pubsub."
    exit 0
  fi
  echo "Attempt $attempt did not succeed; waiting for the application." >&2
  sleep 20
done
echo "Web PubSub could not be told where events go. Is https://$SERVICE_APP_HOST/healthz reachable? Then run this again: ./eng/azure/connect-web-pubsub.sh" >&2
exit 1
