using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Api;

/// <summary>JSON of the HTTP API.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(OrderView))]
[JsonSerializable(typeof(OrderPageView))]
[JsonSerializable(typeof(DeadLetterView))]
[JsonSerializable(typeof(DeadLetterPageView))]
[JsonSerializable(typeof(DeadLetterSelection))]
[JsonSerializable(typeof(ReplayView))]
[JsonSerializable(typeof(ResolveRequest))]
[JsonSerializable(typeof(ProgressView))]
[JsonSerializable(typeof(RiskEntry))]
[JsonSerializable(typeof(RiskHistoryView))]
[JsonSerializable(typeof(RiskImport))]
[JsonSerializable(typeof(RiskImportView))]
[JsonSerializable(typeof(RiskListView))]
[JsonSerializable(typeof(RiskRequest))]
[JsonSerializable(typeof(MachineTerms))]
[JsonSerializable(typeof(MachineView))]
[JsonSerializable(typeof(MachineSecretView))]
[JsonSerializable(typeof(MachinePageView))]
[JsonSerializable(typeof(NegotiateRequest))]
[JsonSerializable(typeof(NegotiateAnswer))]
[JsonSerializable(typeof(RefundOutcome))]
[JsonSerializable(typeof(ProblemDetails))]
[JsonSerializable(typeof(WebhookTerms))]
[JsonSerializable(typeof(WebhookEndpointView))]
[JsonSerializable(typeof(WebhookEndpointsView))]
[JsonSerializable(typeof(WebhookSecretView))]
[JsonSerializable(typeof(WebhookTestView))]
[JsonSerializable(typeof(AttemptPageView))]
[JsonSerializable(typeof(ResendRequest))]
[JsonSerializable(typeof(RecoverRequest))]
[JsonSerializable(typeof(RecoverView))]
[JsonSerializable(typeof(StatisticsView))]
internal sealed partial class ApiJson : JsonSerializerContext;
