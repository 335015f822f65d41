// The entities' signals and alarms.
param location string
param tags object
@minLength(13)
param token string

param principalId string

@allowed(['Consumption', 'Dedicated'])
param sku string

@description('Capacity units, for Dedicated: three are highly available.')
param capacity int

var dataContributor = '0ad04412-c4d5-4796-b79c-f76d14c8d402'

resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' = {
  name: 'dts-${token}'
  location: location
  tags: tags
  properties: {
    ipAllowlist: ['0.0.0.0/0']
    sku: sku == 'Dedicated'
      ? {
          name: sku
          capacity: capacity
        }
      : {
          name: sku
        }
  }
}

resource hub 'Microsoft.DurableTask/schedulers/taskHubs@2025-11-01' = {
  parent: scheduler
  name: 'orders'
  properties: {}
}

resource grant 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hub.id, principalId, dataContributor)
  scope: hub
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataContributor)
  }
}

output connectionString string = 'Endpoint=${scheduler.properties.endpoint};Authentication=ManagedIdentity;TaskHub=${hub.name}'
