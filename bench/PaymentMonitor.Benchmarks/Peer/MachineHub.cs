using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.SignalR;
using PaymentMonitor.Contracts;

namespace PaymentMonitor.Benchmarks.Peer;

/// <summary>What machines call. A call returns when its entry is queued; the receipt follows as a message of its own.</summary>
internal sealed class MachineHub(Terminals terminals, ReportStreams streams, TimeProvider time) : Hub
{
    public override Task OnConnectedAsync()
    {
        terminals.Add(Context.GetHttpContext()!.Request.Query["machine"].ToString(), Context);
        return Task.CompletedTask;
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        terminals.Remove(Context);
        return Task.CompletedTask;
    }

    public async Task Report(JsonElement report)
    {
        var json = JsonMarshal.GetRawUtf8Value(report).ToArray();
        if (EventJson.TryRead(json, out var reported, out var refusal))
        {
            await streams.EnqueueAsync(new Entry(Terminals.MachineOf(Context), EntryKind.Event, json, time.GetUtcNow(), reported.Id.Value), Context.ConnectionAborted);
        }
        else
        {
            await Clients.Caller.SendAsync(Terminals.ReceiptMethod, Receipt.Rejected(refusal.Id, refusal.Error), Context.ConnectionAborted);
        }
    }

    public async Task Confirm(JsonElement sync)
    {
        var json = JsonMarshal.GetRawUtf8Value(sync).ToArray();
        await streams.EnqueueAsync(new Entry(Terminals.MachineOf(Context), EntryKind.Confirmation, json, time.GetUtcNow(), null), Context.ConnectionAborted);
    }
}
