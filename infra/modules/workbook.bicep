// The pictures of the operations page, from what the application measures.
param location string
param tags object
param insightsId string

resource operations 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'operations')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'PaymentMonitor operations'
    category: 'workbook'
    sourceId: insightsId
    serializedData: string(loadJsonContent('../workbook.json'))
    version: 'Notebook/1.0'
  }
}
