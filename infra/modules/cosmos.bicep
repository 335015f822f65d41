// The documents. A trial is serverless, the other sizes scale by themselves; the identity may read and write this database and nothing else.
param location string
param tags object
@minLength(13)
param token string

param principalId string
param serverless bool

@description('Request units a second, for all containers together. It scales down to a tenth by itself.')
param maxThroughput int
param zoneRedundant bool
param workspaceId string

var databaseName = 'paymentmonitor'
var dataContributor = '00000000-0000-0000-0000-000000000002'

// Indexed is what a query looks for, and no more: an order is written with each of its events.
var containers = [
  {
    name: 'orders'
    partitionKey: '/machineId'
    indexed: ['/machineId/?', '/status/?', '/heardAt/?', '/unconfirmed/?']
  }
  {
    name: 'machines'
    partitionKey: '/machineId'
    indexed: ['/machineId/?', '/id/?']
  }
  {
    name: 'lookups'
    partitionKey: '/key'
    indexed: ['/key/?']
  }
  {
    name: 'due'
    partitionKey: '/bucket'
    indexed: ['/bucket/?']
  }
  {
    name: 'attention'
    partitionKey: '/kind'
    indexed: ['/kind/?', '/heardAt/?']
  }
  {
    name: 'leases'
    partitionKey: '/id'
    indexed: ['/id/?']
  }
  {
    name: 'webhooks'
    partitionKey: '/pk'
    indexed: ['/pk/?', '/kind/?', '/id/?', '/machineId/?', '/orderId/?', '/outcome/?', '/waiting/?', '/parked/?', '/due/?', '/updatedAt/?']
  }
]

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' = {
  name: 'cosmos-${token}'
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    capabilities: serverless
      ? [
          {
            name: 'EnableServerless'
          }
        ]
      : []
    consistencyPolicy: {
      defaultConsistencyLevel: 'Session'
    }
    disableLocalAuth: true
    locations: [
      {
        locationName: location
        failoverPriority: 0
        isZoneRedundant: zoneRedundant
      }
    ]
    minimalTlsVersion: 'Tls12'
    backupPolicy: {
      type: 'Continuous'
      continuousModeProperties: {
        tier: 'Continuous7Days'
      }
    }
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2025-04-15' = {
  parent: account
  name: databaseName
  properties: {
    resource: {
      id: databaseName
    }
    options: serverless
      ? {}
      : {
          autoscaleSettings: {
            maxThroughput: maxThroughput
          }
        }
  }
}

resource documents 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2025-04-15' = [
  for container in containers: {
    parent: database
    name: container.name
    properties: {
      resource: {
        id: container.name
        partitionKey: {
          kind: 'Hash'
          version: 2
          paths: [container.partitionKey]
        }
        // Documents with a time to live of their own have it; the others stay.
        defaultTtl: -1
        indexingPolicy: {
          indexingMode: 'consistent'
          automatic: true
          includedPaths: [
            for path in container.indexed: {
              path: path
            }
          ]
          excludedPaths: [
            {
              path: '/*'
            }
          ]
        }
      }
    }
  }
]

resource grant 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-04-15' = {
  parent: account
  name: guid(account.id, principalId, dataContributor)
  properties: {
    principalId: principalId
    roleDefinitionId: '${account.id}/sqlRoleDefinitions/${dataContributor}'
    scope: '${account.id}/dbs/${database.name}'
  }
}

// Who changed the account, and which partitions are hot: not each request, which would cost as much as the database.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'ControlPlaneRequests'
        enabled: true
      }
      {
        category: 'PartitionKeyRUConsumption'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'Requests'
        enabled: true
      }
    ]
  }
}

output accountEndpoint string = account.properties.documentEndpoint
output id string = account.id
