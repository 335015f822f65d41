using System.Text.Json.Serialization;

namespace PaymentMonitor.Contracts;

/// <summary>What the back end says to a machine: the <c>data</c> of a Web PubSub server message.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(Receipt), "receipt")]
[JsonDerivedType(typeof(Decision), "decision")]
[JsonDerivedType(typeof(SyncAnswer), "sync")]
public abstract record ServerMessage;
