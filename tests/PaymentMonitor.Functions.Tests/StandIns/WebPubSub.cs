// Stand-ins for Microsoft.Azure.WebPubSub.AspNetCore 1.5 and Azure.Messaging.WebPubSub: signatures only. They follow
// Azure/azure-sdk-for-net, sdk/webpubsub/Microsoft.Azure.WebPubSub.AspNetCore/api and sdk/webpubsub/Azure.Messaging.WebPubSub/api.
using Azure.Core;
using Microsoft.Azure.WebPubSub.AspNetCore;

namespace Azure.Messaging.WebPubSub
{
    public enum WebPubSubClientProtocol
    {
        Default = 0,
        Mqtt = 1,
        SocketIO = 2,
    }

    public class WebPubSubServiceClient
    {
        protected WebPubSubServiceClient()
        {
        }

        public virtual Task<Response> SendToUserAsync(string userId, RequestContent content, ContentType contentType, RequestContext? context = null) => throw new NotSupportedException();

        public virtual Task<Uri> GetClientAccessUriAsync(
            TimeSpan expiresAfter = default,
            string? userId = null,
            IEnumerable<string>? roles = null,
            IEnumerable<string>? groups = null,
            WebPubSubClientProtocol clientProtocol = WebPubSubClientProtocol.Default,
            CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public virtual Task<Response> CloseUserConnectionsAsync(string userId, IEnumerable<string>? excluded = null, string? reason = null, RequestContext? context = null) => throw new NotSupportedException();
    }
}

namespace Microsoft.Azure.WebPubSub.AspNetCore
{
    public abstract class WebPubSubHub;

    public class WebPubSubServiceEndpoint
    {
        public WebPubSubServiceEndpoint(string connectionString) => throw new NotSupportedException();

        public WebPubSubServiceEndpoint(Uri endpoint, TokenCredential credential) => throw new NotSupportedException();
    }

    public class WebPubSubOptions
    {
        public WebPubSubServiceEndpoint? ServiceEndpoint { get; set; }
    }

    public class WebPubSubServiceClient<THub> : global::Azure.Messaging.WebPubSub.WebPubSubServiceClient
        where THub : WebPubSubHub
    {
        protected WebPubSubServiceClient()
        {
        }
    }
}

namespace Microsoft.Extensions.DependencyInjection
{
    public static class WebPubSubDependencyInjectionExtensions
    {
        public static IServiceCollection AddWebPubSub(this IServiceCollection services, Action<WebPubSubOptions> configure) => throw new NotSupportedException();

        public static IServiceCollection AddWebPubSubServiceClient<THub>(this IServiceCollection services)
            where THub : WebPubSubHub => throw new NotSupportedException();
    }
}
