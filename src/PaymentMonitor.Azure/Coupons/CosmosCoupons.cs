using Microsoft.Azure.Cosmos;
using PaymentMonitor.Contracts;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Azure;

/// <summary>Coupons in Cosmos DB, a document each: whoever creates it holds the code.</summary>
public sealed class CosmosCoupons : ICoupons
{
    private readonly DocumentSet<CouponDocument> _coupons;

    public CosmosCoupons(Database database)
    {
        ArgumentNullException.ThrowIfNull(database);
        _coupons = new DocumentSet<CouponDocument>(database.GetContainer(CosmosDatabase.Lookups), AzureJson.Default.CouponDocument);
    }

    public async ValueTask<bool> TryReserveAsync(string code, OrderKey order, DateTimeOffset now, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        var reserved = CouponDocument.Of(code, order, expiresAt);
        while (!await _coupons.TryCreateAsync(reserved, reserved.Key, cancellationToken))
        {
            if (await ReadAsync(code, cancellationToken) is not { } stored)
            {
                continue;
            }

            if (stored.Document.Order == order)
            {
                return true;
            }

            if (stored.Document.ExpiresAt is not { } end || end > now)
            {
                return false;
            }

            if (await _coupons.TryReplaceAsync(reserved, reserved.Id, reserved.Key, stored.ETag, cancellationToken))
            {
                return true;
            }
        }

        return true;
    }

    public async ValueTask<bool> CommitAsync(string code, OrderKey order, CancellationToken cancellationToken)
    {
        var used = CouponDocument.Of(code, order, expiresAt: null);
        while (!await _coupons.TryCreateAsync(used, used.Key, cancellationToken))
        {
            if (await ReadAsync(code, cancellationToken) is not { } stored)
            {
                continue;
            }

            if (stored.Document.Order != order)
            {
                return false;
            }

            if (stored.Document.ExpiresAt is null || await _coupons.TryReplaceAsync(used, used.Id, used.Key, stored.ETag, cancellationToken))
            {
                return true;
            }
        }

        return true;
    }

    public async ValueTask ReleaseAsync(string code, OrderKey order, CancellationToken cancellationToken)
    {
        while (await ReadAsync(code, cancellationToken) is { } stored && stored.Document.Order == order)
        {
            if (await _coupons.TryDeleteAsync(stored.Document.Id, stored.Document.Key, stored.ETag, cancellationToken))
            {
                return;
            }
        }
    }

    public async ValueTask<Coupon?> FindAsync(string code, CancellationToken cancellationToken)
    {
        return await ReadAsync(code, cancellationToken) is { Document: var found } ? new Coupon(code, found.Order, found.ExpiresAt) : null;
    }

    private Task<Stored<CouponDocument>?> ReadAsync(string code, CancellationToken cancellationToken) =>
        _coupons.ReadAsync(CouponDocument.OnlyId, CouponDocument.KeyOf(code), cancellationToken);
}

/// <summary>A coupon as it is stored, in a partition of its own.</summary>
/// <param name="ExpiresAt">Null: the code is used.</param>
internal sealed record CouponDocument(string Id, string Key, MachineId MachineId, OrderId OrderId, DateTimeOffset? ExpiresAt)
{
    internal const string OnlyId = "coupon";

    internal OrderKey Order => new(MachineId, OrderId);

    internal static string KeyOf(string code) => $"coupon:{DocumentKey.Of(code)}";

    internal static CouponDocument Of(string code, OrderKey order, DateTimeOffset? expiresAt) => new(OnlyId, KeyOf(code), order.MachineId, order.OrderId, expiresAt);
}
