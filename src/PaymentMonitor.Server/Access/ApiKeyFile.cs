using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using PaymentMonitor.Pipeline;

namespace PaymentMonitor.Server;

/// <summary>
/// The API keys of one data folder, hashed, in a file that only its owner can read. Keys added or removed while a server runs are seen by it
/// within a second.
/// </summary>
internal sealed class ApiKeyFile
{
    private const string FileName = "api-keys.json";
    private const string KeyPrefix = "pm_";
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private IReadOnlyList<ApiKey> _keys;
    private long _readAt;
    private DateTime _writtenAt;

    private ApiKeyFile(string path, TimeProvider time, IReadOnlyList<ApiKey> keys)
    {
        _path = path;
        _time = time;
        _keys = keys;
        _readAt = time.GetTimestamp();
    }

    internal IReadOnlyList<ApiKey> Keys => _keys;

    internal static ApiKeyFile Open(string folder, TimeProvider time)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, FileName);
        return new ApiKeyFile(path, time, Read(path));
    }

    internal static bool LooksLikeKey(ReadOnlySpan<char> text) => text.TrimStart().StartsWith(KeyPrefix, StringComparison.Ordinal);

    /// <returns>The key, shown once: the file has only its hash.</returns>
    internal string Add(string name, string role)
    {
        lock (_gate)
        {
            var key = $"{KeyPrefix}{role}_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24))}";
            Write([.. Read(_path), new ApiKey(name, role, SecretHash.Of(key), _time.GetUtcNow())]);
            return key;
        }
    }

    internal bool Remove(string name)
    {
        lock (_gate)
        {
            var before = Read(_path);
            Write([.. before.Where(key => key.Name != name)]);
            return _keys.Count < before.Count;
        }
    }

    internal ApiKey? Find(string key)
    {
        Refresh();
        var hash = SecretHash.Of(key);
        return Match(hash) ?? (RefreshIfWritten() ? Match(hash) : null);
    }

    private ApiKey? Match(string hash)
    {
        foreach (var candidate in _keys)
        {
            if (candidate.Hash == hash)
            {
                return candidate;
            }
        }

        return null;
    }

    // A command makes a key and uses it at once: that key is not to wait for the next look.
    private bool RefreshIfWritten()
    {
        lock (_gate)
        {
            if (File.GetLastWriteTimeUtc(_path) == _writtenAt)
            {
                return false;
            }

            Read_NeedsLock();
            return true;
        }
    }

    private void Read_NeedsLock()
    {
        _writtenAt = File.GetLastWriteTimeUtc(_path);
        _keys = Read(_path);
        _readAt = _time.GetTimestamp();
    }

    /// <summary>Whether there is a key of this name, as the file is now.</summary>
    internal bool Has(string name)
    {
        Refresh();
        return _keys.Any(key => key.Name == name);
    }

    private void Refresh()
    {
        lock (_gate)
        {
            if (_time.GetElapsedTime(_readAt) >= LookAgainAfter)
            {
                Read_NeedsLock();
            }
        }
    }

    private static IReadOnlyList<ApiKey> Read(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ApiKeyJson.Default.IReadOnlyListApiKey) ?? [];
        }
        catch (JsonException)
        {
            throw new StartupException("damaged-keys", $"The file {path} is not readable as API keys; restore it, or delete it to get a new operator key at the next start.");
        }
    }

    private void Write(IReadOnlyList<ApiKey> keys)
    {
        PrivateFile.Write(_path, JsonSerializer.SerializeToUtf8Bytes(keys, ApiKeyJson.Default.IReadOnlyListApiKey));
        _keys = keys;
        _readAt = _time.GetTimestamp();
    }
}

internal sealed record ApiKey(string Name, string Role, string Hash, DateTimeOffset CreatedAt);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<ApiKey>))]
internal sealed partial class ApiKeyJson : JsonSerializerContext;
