// What a person must hear of, and by which ways. Each alert names its runbook section in docs/deploy.md.
param location string
param tags object
@minLength(13)
param token string

param insightsId string
param cosmosId string
param eventHubsId string
param webPubSubId string

param mail string
param phone string
param phoneCountry string
param webhook string

@description('The host of the application, which posts alerts to bots.')
param appHost string

@secure()
@description('With which the action group may post alerts there; empty: there are no bots.')
param botsKey string

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${token}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'payments'
    enabled: true
    emailReceivers: empty(mail)
      ? []
      : [
          {
            name: 'mail'
            emailAddress: mail
            useCommonAlertSchema: true
          }
        ]
    smsReceivers: empty(phone)
      ? []
      : [
          {
            name: 'sms'
            countryCode: phoneCountry
            phoneNumber: phone
          }
        ]
    voiceReceivers: empty(phone)
      ? []
      : [
          {
            name: 'voice'
            countryCode: phoneCountry
            phoneNumber: phone
          }
        ]
    webhookReceivers: concat(
      empty(webhook)
        ? []
        : [
            {
              name: 'webhook'
              serviceUri: webhook
              useCommonAlertSchema: true
            }
          ],
      empty(botsKey)
        ? []
        : [
            {
              name: 'bots'
              serviceUri: 'https://${appHost}/api/alerts?key=${uriComponent(botsKey)}'
              useCommonAlertSchema: true
            }
          ]
    )
  }
}

// What the services measure themselves.
var metricAlerts = [
  {
    name: 'cosmos-throttled'
    summary: 'Cosmos DB refuses requests (429): raise cosmosMaxThroughput.'
    severity: 2
    scope: cosmosId
    namespace: 'Microsoft.DocumentDB/databaseAccounts'
    metric: 'TotalRequests'
    aggregation: 'Count'
    threshold: 100
    dimensions: [
      {
        name: 'StatusCode'
        operator: 'Include'
        values: ['429']
      }
    ]
  }
  {
    name: 'cosmos-nearly-full'
    summary: 'Cosmos DB uses more than 80 % of its request units.'
    severity: 3
    scope: cosmosId
    namespace: 'Microsoft.DocumentDB/databaseAccounts'
    metric: 'NormalizedRUConsumption'
    aggregation: 'Average'
    threshold: 80
    dimensions: []
  }
  {
    name: 'log-throttled'
    summary: 'Event Hubs refuses events: machines are asked to repeat them. Raise eventHubsUnitsMax.'
    severity: 1
    scope: eventHubsId
    namespace: 'Microsoft.EventHub/namespaces'
    metric: 'ThrottledRequests'
    aggregation: 'Total'
    threshold: 10
    dimensions: []
  }
  {
    name: 'web-pubsub-loaded'
    summary: 'Web PubSub is loaded over 70 %: raise webPubSubUnits.'
    severity: 2
    scope: webPubSubId
    namespace: 'Microsoft.SignalRService/webPubSub'
    metric: 'ServerLoad'
    aggregation: 'Maximum'
    threshold: 70
    dimensions: []
  }
  {
    name: 'web-pubsub-connections'
    summary: 'Web PubSub has used more than 80 % of its connections: raise webPubSubUnits.'
    severity: 2
    scope: webPubSubId
    namespace: 'Microsoft.SignalRService/webPubSub'
    metric: 'ConnectionQuotaUtilization'
    aggregation: 'Maximum'
    threshold: 80
    dimensions: []
  }
]

resource onMetrics 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for alert in metricAlerts: {
    name: '${alert.name}-${token}'
    location: 'global'
    tags: tags
    properties: {
      description: alert.summary
      severity: alert.severity
      enabled: true
      scopes: [alert.scope]
      evaluationFrequency: 'PT1M'
      windowSize: 'PT5M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: alert.name
            metricNamespace: alert.namespace
            metricName: alert.metric
            operator: 'GreaterThan'
            threshold: alert.threshold
            timeAggregation: alert.aggregation
            dimensions: alert.dimensions
          }
        ]
      }
      actions: [
        {
          actionGroupId: people.id
        }
      ]
    }
  }
]

// What the application says. The numbers are the ids of its log events.
var logAlerts = [
  {
    name: 'dead-letters'
    summary: 'Events were set aside: they are not lost, and somebody has to look.'
    severity: 2
    query: 'traces | where toint(customDimensions.EventId) in (5001, 5102, 5211)'
    threshold: 0
  }
  {
    name: 'not-saved'
    summary: 'Orders could not be saved for more than eight attempts: their events wait in their entities.'
    severity: 1
    query: 'traces | where toint(customDimensions.EventId) == 5101 and toint(customDimensions.Attempt) > 8'
    threshold: 0
  }
  {
    name: 'alarms-lost'
    summary: 'Many orders had to be woken by the sweep: alarms are lost, or the log is consumed minutes late.'
    severity: 2
    query: 'traces | where toint(customDimensions.EventId) == 5221 and toint(customDimensions.Count) > 20'
    threshold: 0
  }
  {
    name: 'events-not-answered'
    summary: 'Machines were asked to repeat events because a service did not answer.'
    severity: 1
    query: 'traces | where toint(customDimensions.EventId) == 5204'
    threshold: 50
  }
  {
    name: 'log-late'
    summary: 'The log is consumed more than half a minute late: decisions come that much later. Look at instances and the scheduler.'
    severity: 1
    query: 'customMetrics | where name == "paymentmonitor.log.lag" | summarize lag = sum(valueSum) / sum(valueCount) | where lag > 30'
    threshold: 0
  }
  {
    name: 'decisions-slow'
    summary: 'Decisions take more than two seconds on average from the arrival of what they follow from.'
    severity: 2
    query: 'customMetrics | where name == "paymentmonitor.decision.duration" | summarize seconds = sum(valueSum) / sum(valueCount), decisions = sum(valueCount) | where decisions >= 20 and seconds > 2'
    threshold: 0
  }
  {
    name: 'webhooks-failing'
    summary: 'More than half of the deliveries to an endpoint of a business system fail: nothing is lost, they are tried again for three days.'
    severity: 2
    query: 'customMetrics | where name == "paymentmonitor.webhooks.attempts" | summarize failed = sumif(valueSum, tostring(customDimensions.outcome) != "delivered"), attempts = sum(valueSum) by endpoint = tostring(customDimensions.endpoint) | where attempts >= 10 and failed > attempts / 2'
    threshold: 0
  }
  {
    name: 'webhooks-disabled'
    summary: 'An endpoint of a business system was disabled, because it refused or failed for days: it hears nothing until it is enabled again.'
    severity: 2
    query: 'customMetrics | where name == "paymentmonitor.webhooks.disabled" and valueSum > 0'
    threshold: 0
  }
  {
    name: 'cpu-high'
    summary: 'An instance uses more than 85 % of its processor over five minutes: raise instancesMax.'
    severity: 2
    query: 'customMetrics | where name == "dotnet.process.cpu.time" | summarize cores = sum(valueSum) / 300 by cloud_RoleInstance | where cores > 0.85'
    threshold: 0
  }
  {
    name: 'memory-high'
    summary: 'An instance uses more than 80 % of its 2 GB of memory.'
    severity: 2
    query: 'customMetrics | where name == "dotnet.process.memory.working_set" | summarize bytes = max(valueMax) by cloud_RoleInstance | where bytes > 1717986918'
    threshold: 0
  }
  {
    name: 'foreign-upstream'
    summary: 'Somebody who is not this deployment\'s Web PubSub calls the event handler.'
    severity: 3
    query: 'traces | where toint(customDimensions.EventId) == 5201'
    threshold: 20
  }
]

resource onLogs 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in logAlerts: {
    name: '${alert.name}-${token}'
    location: location
    tags: tags
    properties: {
      displayName: alert.name
      description: alert.summary
      severity: alert.severity
      enabled: true
      scopes: [insightsId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT5M'
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: alert.threshold
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: [people.id]
      }
    }
  }
]

resource canaryAbsent 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'canary-absent-${token}'
  location: location
  tags: tags
  properties: {
    displayName: 'canary-absent'
    description: 'The canary has not sold for ten minutes: machines cannot either.'
    severity: 0
    enabled: true
    scopes: [insightsId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT10M'
    criteria: {
      allOf: [
        {
          query: 'traces | where toint(customDimensions.EventId) == 5231'
          timeAggregation: 'Count'
          operator: 'LessThan'
          threshold: 1
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [people.id]
    }
  }
}
