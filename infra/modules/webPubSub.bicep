// The machines' connections.
param location string
param tags object
@minLength(13)
param token string

param principalId string
param units int
param zoneRedundant bool
param workspaceId string

var serviceOwner = '12cf5a90-567b-43ae-8102-96cf46c7d9b4'

resource service 'Microsoft.SignalRService/webPubSub@2024-03-01' = {
  name: 'wps-${token}'
  location: location
  tags: tags
  kind: 'WebPubSub'
  // It proves with this identity that it is the one that calls the event handler.
  identity: {
    type: 'SystemAssigned'
  }
  sku: {
    name: zoneRedundant ? 'Premium_P1' : 'Standard_S1'
    tier: zoneRedundant ? 'Premium' : 'Standard'
    capacity: units
  }
  properties: {
    disableLocalAuth: true
  }
}

resource grant 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(service.id, principalId, serviceOwner)
  scope: service
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', serviceOwner)
  }
}

// Connections that come and go, and calls of the event handler that failed: not the messages themselves.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: service
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'ConnectivityLogs'
        enabled: true
      }
      {
        category: 'HttpRequestLogs'
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

output id string = service.id
output endpoint string = 'https://${service.properties.hostName}'
output name string = service.name
output principalId string = service.identity.principalId
