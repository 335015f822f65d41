namespace PaymentMonitor.Server.WebPubSub;

/// <summary>
/// The ackIds that one connection has used, as ranges: clients count them up, so that there is nearly always one range however long
/// the connection lives. Past <see cref="MaxRanges"/> the oldest-numbered range is forgotten. Not thread-safe.
/// </summary>
internal struct AckIdHistory
{
    internal const int MaxRanges = 256;

    private List<Range>? _lower;
    private Range _highest;
    private bool _any;

    /// <returns>False: the id was used before.</returns>
    internal bool TryAdd(ulong id)
    {
        if (!_any)
        {
            (_any, _highest) = (true, new Range(id, id));
            return true;
        }

        if (id > _highest.Last)
        {
            if (id == _highest.Last + 1)
            {
                _highest = _highest with { Last = id };
            }
            else
            {
                PushLower(_highest);
                _highest = new Range(id, id);
            }

            return true;
        }

        return id < _highest.First && TryAddLower(id);
    }

    /// <summary>Forgets an id whose request failed, so that it can be tried again.</summary>
    internal void Remove(ulong id)
    {
        if (_any && id >= _highest.First && id <= _highest.Last)
        {
            var (first, last) = _highest;
            if (id > first)
            {
                if (id < last)
                {
                    PushLower(new Range(first, id - 1));
                    _highest = new Range(id + 1, last);
                }
                else
                {
                    _highest = new Range(first, id - 1);
                }
            }
            else if (id < last)
            {
                _highest = new Range(id + 1, last);
            }
            else
            {
                _any = _lower is { Count: > 0 };
                if (_any)
                {
                    _highest = _lower![^1];
                    _lower.RemoveAt(_lower.Count - 1);
                }
            }

            return;
        }

        RemoveLower(id);
    }

    private bool TryAddLower(ulong id)
    {
        if (id == _highest.First - 1)
        {
            // May now touch the range below; joining them is left to nobody, as lookups do not need it.
            if (Find(id) >= 0)
            {
                return false;
            }

            _highest = _highest with { First = id };
            return true;
        }

        var at = Find(id);
        if (at >= 0)
        {
            return false;
        }

        InsertLower(~at, id);
        return true;
    }

    private void InsertLower(int at, ulong id)
    {
        _lower ??= [];
        var joinsBelow = at > 0 && _lower[at - 1].Last + 1 == id;
        var joinsAbove = at < _lower.Count && _lower[at].First - 1 == id;
        switch (joinsBelow, joinsAbove)
        {
            case (true, true):
                _lower[at - 1] = new Range(_lower[at - 1].First, _lower[at].Last);
                _lower.RemoveAt(at);
                break;
            case (true, false):
                _lower[at - 1] = _lower[at - 1] with { Last = id };
                break;
            case (false, true):
                _lower[at] = _lower[at] with { First = id };
                break;
            default:
                _lower.Insert(at, new Range(id, id));
                ForgetOldest();
                break;
        }
    }

    private void RemoveLower(ulong id)
    {
        var at = Find(id);
        if (at < 0)
        {
            return;
        }

        var (first, last) = _lower![at];
        _lower.RemoveAt(at);
        if (id < last)
        {
            _lower.Insert(at, new Range(id + 1, last));
        }

        if (id > first)
        {
            _lower.Insert(at, new Range(first, id - 1));
        }
    }

    private void PushLower(Range range)
    {
        (_lower ??= []).Add(range);
        ForgetOldest();
    }

    private readonly void ForgetOldest()
    {
        if (_lower!.Count > MaxRanges)
        {
            _lower.RemoveAt(0);
        }
    }

    /// <returns>The index of the lower range that holds the id, or the complement of where one would go.</returns>
    private readonly int Find(ulong id)
    {
        var (low, high) = (0, (_lower?.Count ?? 0) - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var range = _lower![middle];
            if (id >= range.First && id <= range.Last)
            {
                return middle;
            }

            (low, high) = id > range.Last ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }

    private readonly record struct Range(ulong First, ulong Last);
}
