// Everything PaymentMonitor needs in Azure: no keys, one managed identity, the least rights that do.
targetScope = 'subscription'

@minLength(1)
@maxLength(40)
@description('Names the environment; the resource group and all resources derive their names from it.')
param environmentName string

@description('Where the resources live. It must offer Flex Consumption and the Durable Task Scheduler.')
param location string

@allowed(['trial', 'machines2000', 'machines20000'])
@description('How large each service is: sizes.json has the numbers, docs/deploy.md the arithmetic.')
param size string = 'trial'

@description('Who is mailed when an alert fires; empty for nobody.')
param alertMail string = ''

@description('Who is called when an alert fires: a number without its country code; empty for nobody.')
param alertPhone string = ''

@description('The country code of alertPhone, for example 49.')
param alertPhoneCountry string = ''

@description('Where alerts are posted, in the common alert schema; empty for nowhere.')
param alertWebhook string = ''

@description('The chats that alerts are posted to, separated by commas: teams, dingtalk, wecom, feishu. The address of each bot is a secret of the key vault: alert-teams, alert-dingtalk, alert-wecom, alert-feishu; what signs is alert-dingtalk-secret and alert-feishu-secret; alert-key is a long random text that the action group shows.')
param alertBots string = ''

@description('A page that says what to do about alerts, for the messages of the bots; empty: they have no link.')
param alertRunbook string = ''

@minLength(1)
@description('The client id of the application registration whose tokens the HTTP API and the event handler accept. The hook before provisioning makes it.')
param entraClientId string

@description('Whether the key vault has the secret provider-secret, with which the payment provider signs its callbacks. Without it there is no callback route.')
param hasProviderSecret bool = false

@description('Whether decisions are put into the event hub decisions too, for business systems that read a stream.')
param publishDecisions bool = false

@description('The address of the payment provider, to ask it and to refund through it; empty: business systems do both.')
param providerAddress string = ''

@description('Whether the key vault has the secret provider-api-key, with which the provider is called.')
param hasProviderApiKey bool = false

@description('The https address of a risk service to ask for verdicts; empty: nobody is asked.')
param riskAddress string = ''

@description('Whether the key vault has the secret risk-api-key, with which the risk service is called.')
param hasRiskApiKey bool = false

@description('Whether the key vault has the secret webhook-key, which encrypts the secrets of webhook endpoints. Without it there are no webhooks.')
param hasWebhookKey bool = false

var chosen = loadJsonContent('sizes.json')[size]
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
    workspaceId: monitoring.outputs.workspaceId
    principalId: identity.outputs.principalId
    zoneRedundant: chosen.zoneRedundant
  }
}

module eventHubs 'modules/eventHubs.bicep' = {
  name: 'eventHubs'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    principalId: identity.outputs.principalId
    units: chosen.eventHubsUnits
    unitsMax: chosen.eventHubsUnitsMax
  }
}

module cosmos 'modules/cosmos.bicep' = {
  name: 'cosmos'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    principalId: identity.outputs.principalId
    serverless: chosen.cosmosServerless
    maxThroughput: chosen.cosmosMaxThroughput
    zoneRedundant: chosen.zoneRedundant
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
    sku: chosen.durableTaskSku
    capacity: chosen.durableTaskCapacity
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
    units: chosen.webPubSubUnits
    zoneRedundant: chosen.zoneRedundant
    workspaceId: monitoring.outputs.workspaceId
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
    workspaceId: monitoring.outputs.workspaceId
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    instancesReady: chosen.instancesReady
    instancesMax: chosen.instancesMax
    zoneRedundant: chosen.zoneRedundant
    deploymentContainerUri: storage.outputs.deploymentContainerUri
    settings: {
      APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
      AzureWebJobsStorage__accountName: storage.outputs.accountName
      Storage__blobServiceUri: storage.outputs.blobServiceUri
      Storage__queueServiceUri: storage.outputs.queueServiceUri
      EventHubs__fullyQualifiedNamespace: eventHubs.outputs.fullyQualifiedNamespace
      Cosmos__accountEndpoint: cosmos.outputs.accountEndpoint
      WebPubSub__endpoint: webPubSub.outputs.endpoint
      WebPubSub__principalId: webPubSub.outputs.principalId
      Entra__authority: '${environment().authentication.loginEndpoint}${subscription().tenantId}'
      Entra__clientId: entraClientId
      Canary__enabled: 'true'
      Decisions__publish: publishDecisions ? 'true' : 'false'
      Provider__secret: hasProviderSecret ? '@Microsoft.KeyVault(VaultName=${keyVault.outputs.name};SecretName=provider-secret)' : ''
      Provider__address: providerAddress
      Risk__address: riskAddress
      Risk__apiKey: hasRiskApiKey ? '@Microsoft.KeyVault(VaultName=${keyVault.outputs.name};SecretName=risk-api-key)' : ''
      Provider__apiKey: hasProviderApiKey ? '@Microsoft.KeyVault(VaultName=${keyVault.outputs.name};SecretName=provider-api-key)' : ''
      Webhooks__key: hasWebhookKey ? '@Microsoft.KeyVault(VaultName=${keyVault.outputs.name};SecretName=webhook-key)' : ''
      Alerts__key: empty(alertBots) ? '' : '@Microsoft.KeyVault(VaultName=${keyVault.outputs.name};SecretName=alert-key)'
      Alerts__runbook: alertRunbook
      Alerts__teams: contains(split(alertBots, ','), 'teams') ? '@Microsoft.KeyVault(VaultName=${keyVault.outputs.name};SecretName=alert-teams)' : ''
      Alerts__dingTalk: contains(split(alertBots, ','), 'dingtalk') ? '@Microsoft.KeyVault(VaultName=${keyVault.outputs.name};SecretName=alert-dingtalk)' : ''
      Alerts__dingTalkSecret: contains(split(alertBots, ','), 'dingtalk') ? '@Microsoft.KeyVault(VaultName=${keyVault.outputs.name};SecretName=alert-dingtalk-secret)' : ''
      Alerts__weCom: contains(split(alertBots, ','), 'wecom') ? '@Microsoft.KeyVault(VaultName=${keyVault.outputs.name};SecretName=alert-wecom)' : ''
      Alerts__feishu: contains(split(alertBots, ','), 'feishu') ? '@Microsoft.KeyVault(VaultName=${keyVault.outputs.name};SecretName=alert-feishu)' : ''
      Alerts__feishuSecret: contains(split(alertBots, ','), 'feishu') ? '@Microsoft.KeyVault(VaultName=${keyVault.outputs.name};SecretName=alert-feishu-secret)' : ''
      DurableTask: '${durableTask.outputs.connectionString};ClientID=${identity.outputs.clientId}'
    }
  }
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: 'kv-${token}'
  scope: group
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    location: location
    tags: tags
    insightsId: monitoring.outputs.insightsId
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    insightsId: monitoring.outputs.insightsId
    cosmosId: cosmos.outputs.id
    eventHubsId: eventHubs.outputs.id
    webPubSubId: webPubSub.outputs.id
    mail: alertMail
    phone: alertPhone
    phoneCountry: alertPhoneCountry
    webhook: alertWebhook
    appHost: app.outputs.host
    botsKey: empty(alertBots) ? '' : vault.getSecret('alert-key')
  }
}

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_KEY_VAULT_NAME string = keyVault.outputs.name
output SERVICE_APP_NAME string = app.outputs.name
output SERVICE_APP_HOST string = app.outputs.host
output WEB_PUB_SUB_NAME string = webPubSub.outputs.name
output WEB_PUB_SUB_ENDPOINT string = webPubSub.outputs.endpoint
