// The application on Flex Consumption. Instances stay warm for machines, log and entities: a cold start is seconds, a decision is not.
param location string
param tags object
@minLength(13)
param token string

param identityId string
param identityClientId string
param deploymentContainerUri string
param instancesReady int
param instancesMax int
param zoneRedundant bool
param workspaceId string

@description('The connections of the application, by the names under which it looks for them.')
param settings object

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

// The host's own connections have to be told which identity to use.
var identitySettings = {
  AZURE_CLIENT_ID: identityClientId
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  Storage__credential: 'managedidentity'
  Storage__clientId: identityClientId
  Cosmos__credential: 'managedidentity'
  Cosmos__clientId: identityClientId
  EventHubs__credential: 'managedidentity'
  EventHubs__clientId: identityClientId
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: 'func-${token}'
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUri
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'dotnet-isolated'
        version: '10.0'
      }
      scaleAndConcurrency: {
        maximumInstanceCount: instancesMax
        instanceMemoryMB: 2048
        alwaysReady: [
          {
            name: 'function:Ingest'
            instanceCount: instancesReady
          }
          {
            name: 'http'
            instanceCount: instancesReady
          }
          {
            name: 'durable'
            instanceCount: instancesReady
          }
        ]
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
    }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(settings, identitySettings)
  }
}

// What the host says. The application's own logs go to Application Insights.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: app
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'FunctionAppLogs'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

output name string = app.name
output host string = app.properties.defaultHostName
