// The log: one hub, in which a machine's id is the partition key. Beside it the hub of decisions, for whoever reads a stream.
param location string
param tags object
@minLength(13)
param token string

param principalId string
param units int
param unitsMax int
param workspaceId string

var roles = [
  '2b629674-e913-4c01-ae53-ef4638d8f975' // Azure Event Hubs Data Sender
  'a638d3c7-ab3a-418d-83e6-5f17a39d4fde' // Azure Event Hubs Data Receiver
]

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: 'evhns-${token}'
  location: location
  tags: tags
  sku: {
    name: 'Standard'
    tier: 'Standard'
    capacity: units
  }
  properties: {
    disableLocalAuth: true
    isAutoInflateEnabled: true
    maximumThroughputUnits: unitsMax
    minimumTlsVersion: '1.2'
    zoneRedundant: true
  }
}

resource orders 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = {
  parent: namespace
  name: 'orders'
  properties: {
    partitionCount: 32
    retentionDescription: {
      cleanupPolicy: 'Delete'
      retentionTimeInHours: 168
    }
  }
}

resource workflow 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' = {
  parent: orders
  name: 'workflow'
}

resource decisions 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = {
  parent: namespace
  name: 'decisions'
  properties: {
    partitionCount: 32
    retentionDescription: {
      cleanupPolicy: 'Delete'
      retentionTimeInHours: 168
    }
  }
}

resource sendsDecisions 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(decisions.id, principalId, roles[0])
  scope: decisions
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[0])
  }
}

resource grants 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roles: {
    name: guid(orders.id, principalId, role)
    scope: orders
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

// What was changed and scaled: not the events.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: namespace
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'OperationalLogs'
        enabled: true
      }
      {
        category: 'AutoScaleLogs'
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

output fullyQualifiedNamespace string = '${namespace.name}.servicebus.windows.net'
output id string = namespace.id
