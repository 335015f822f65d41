using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace PaymentMonitor.Api;

/// <summary>
/// The operations page at <c>/ops/</c>: plain files that a browser takes as they are, carried inside the assembly, so that every
/// host has them. They hold no data: that comes through the API, with the key or token of whoever looks.
/// </summary>
internal static class OperationsPage
{
    private const string Index = "index.html";
    private const string Prefix = "ops/";

    // The page loads nothing from elsewhere; its live figures come over a WebSocket, which in Azure is another host's.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly FrozenDictionary<string, PageFile> Files = Load();

    internal static void MapOperationsPage(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/ops/{**file}", (string? file, HttpContext context) => Send(file, context)).AllowAnonymous().ExcludeFromDescription();
    }

    /// <summary>The names of all files, for tests.</summary>
    internal static IEnumerable<string> Names => Files.Keys;

    private static IResult Send(string? name, HttpContext context)
    {
        // The page names its files relative to its own address, so that has to end with the slash.
        if (string.IsNullOrEmpty(name) && !context.Request.Path.Value!.EndsWith('/'))
        {
            return TypedResults.Redirect($"{context.Request.PathBase}/ops/");
        }

        if (!Files.TryGetValue(string.IsNullOrEmpty(name) ? Index : name, out var file))
        {
            return Problems.Of(StatusCodes.Status404NotFound, "unknown-file", "The operations page has no such file; it begins at /ops/.");
        }

        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        // Asked again each time, answered with 304 while nothing changed: a new version is never half old.
        headers.CacheControl = "no-cache";
        return TypedResults.Bytes(file.Content, file.ContentType, entityTag: file.Tag);
    }

    private static FrozenDictionary<string, PageFile> Load()
    {
        var assembly = typeof(OperationsPage).Assembly;
        return assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToFrozenDictionary(name => name[Prefix.Length..].Replace('\\', '/'), name =>
            {
                using var stream = assembly.GetManifestResourceStream(name)!;
                var content = new byte[stream.Length];
                stream.ReadExactly(content);
                return new PageFile(content, ContentType(name), new EntityTagHeaderValue(new StringSegment($"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}\"")));
            });
    }

    private static string ContentType(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    };

    private sealed record PageFile(byte[] Content, string ContentType, EntityTagHeaderValue Tag);
}
