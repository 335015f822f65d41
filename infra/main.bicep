// Everything PaymentMonitor needs in Azure, at the size of a trial: no keys, one managed identity, the least rights that do.
targetScope = 'subscription'

@minLength(1)
@maxLength(40)
@description('Names the environment; the resource group and all resources derive their names from it.')
param environmentName string

@description('Where the resources live. It must offer Flex Consumption and the Durable Task Scheduler.')
param location string

@minLength(1)
@description('The client id of the application registration whose tokens the HTTP API and the event handler accept. The hook before provisioning makes it.')
param entraClientId string

@description('Whether the key vault has the secret provider-secret, with which the payment provider signs its callbacks. Without it there is no callback route.')
param hasProviderSecret bool = false

var tags = {
  'azd-env-name': environmentName
}
var token = toLower(uniqueString(subscription().id, environmentName, location))

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    principalId: identity.outputs.principalId
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    principalId: identity.outputs.principalId
  }
}

module eventHubs 'modules/eventHubs.bicep' = {
  name: 'eventHubs'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    principalId: identity.outputs.principalId
  }
}

module cosmos 'modules/cosmos.bicep' = {
  name: 'cosmos'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    principalId: identity.outputs.principalId
  }
}

module durableTask 'modules/durableTask.bicep' = {
  name: 'durableTask'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    principalId: identity.outputs.principalId
  }
}

module webPubSub 'modules/webPubSub.bicep' = {
  name: 'webPubSub'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    principalId: identity.outputs.principalId
  }
}

module keyVault 'modules/keyVault.bicep' = {
  name: 'keyVault'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    principalId: identity.outputs.principalId
  }
}

module app 'modules/app.bicep' = {
  name: 'app'
  scope: group
  params: {
    location: location
    tags: union(tags, { 'azd-service-name': 'app' })
    token: token
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    deploymentContainerUri: storage.outputs.deploymentContainerUri
    settings: {
      APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
      AzureWebJobsStorage__accountName: storage.outputs.accountName
      Storage__blobServiceUri: storage.outputs.blobServiceUri
      EventHubs__fullyQualifiedNamespace: eventHubs.outputs.fullyQualifiedNamespace
      Cosmos__accountEndpoint: cosmos.outputs.accountEndpoint
      WebPubSub__endpoint: webPubSub.outputs.endpoint
      WebPubSub__principalId: webPubSub.outputs.principalId
      Entra__authority: '${environment().authentication.loginEndpoint}${subscription().tenantId}'
      Entra__clientId: entraClientId
      Provider__secret: hasProviderSecret ? '@Microsoft.KeyVault(VaultName=${keyVault.outputs.name};SecretName=provider-secret)' : ''
      DurableTask: '${durableTask.outputs.connectionString};ClientID=${identity.outputs.clientId}'
    }
  }
}

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_KEY_VAULT_NAME string = keyVault.outputs.name
output SERVICE_APP_NAME string = app.outputs.name
output SERVICE_APP_HOST string = app.outputs.host
output WEB_PUB_SUB_NAME string = webPubSub.outputs.name
output WEB_PUB_SUB_ENDPOINT string = webPubSub.outputs.endpoint
