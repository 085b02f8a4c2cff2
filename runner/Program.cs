Console.Error.WriteLine("error: no verb");
return 2;
