using PaymentMonitor.StoreHost;

// StoreHost FOLDER PREFIX WORKERS ORDERS CHECKPOINT-PAGES: orders are what each worker makes, 0 for ever.
return await HostedStore.RunAsync(args[0], args[1], int.Parse(args[2]), int.Parse(args[3]), int.Parse(args[4]));
