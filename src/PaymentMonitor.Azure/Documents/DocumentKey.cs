using System.Buffers.Text;
using System.Text;

namespace PaymentMonitor.Azure;

/// <summary>Ids of documents from text that somebody else chose: slashes and question marks may not stand in an id.</summary>
internal static class DocumentKey
{
    internal static string Of(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
