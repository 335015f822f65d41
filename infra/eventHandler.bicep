// Tells Web PubSub where machines' events go. It calls that address when this is set, so it is deployed after the application's code.
targetScope = 'resourceGroup'

@minLength(3)
@description('The name of the Web PubSub service.')
param webPubSubName string

@minLength(1)
@description('The host name of the application.')
param appHost string

@minLength(1)
@description('The client id of the application registration: the service asks for a token for it.')
param entraClientId string

resource service 'Microsoft.SignalRService/webPubSub@2024-03-01' existing = {
  name: webPubSubName
}

resource machines 'Microsoft.SignalRService/webPubSub/hubs@2024-03-01' = {
  parent: service
  name: 'machines'
  properties: {
    anonymousConnectPolicy: 'deny'
    eventHandlers: [
      {
        urlTemplate: 'https://${appHost}/api/web-pubsub'
        userEventPattern: '*'
        systemEvents: ['connect', 'connected', 'disconnected']
        auth: {
          type: 'ManagedIdentity'
          managedIdentity: {
            resource: 'api://${entraClientId}'
          }
        }
      }
    ]
  }
}
