using PaymentMonitor.StoreHost;

// StoreHost machine FOLDER ENDPOINT SECRET PREFIX ORDERS: a machine that sells; orders are 0 for ever.
if (args is ["machine", var journal, var endpoint, var secret, var name, var count])
{
    return await HostedMachine.RunAsync(journal, new Uri(endpoint), secret, name, int.Parse(count));
}

// StoreHost FOLDER PREFIX WORKERS ORDERS CHECKPOINT-PAGES: orders are what each worker makes, 0 for ever.
return await HostedStore.RunAsync(args[0], args[1], int.Parse(args[2]), int.Parse(args[3]), int.Parse(args[4]));
