using System.Globalization;
using BackupRunner.Tests.Kube.Simulation;

namespace BackupRunner.Tests.Examples;

/// <summary>manifests/examples/rabbitmq, with messages that are published, and confirmed, until the backup stops it and from when it runs again.</summary>
public sealed class RabbitExampleTests : IAsyncLifetime
{
    static readonly SimulatedImage Image = new()
    {
        Entrypoint = ["rabbitmq-server"],
        Environment = new Dictionary<string, string>
        {
            // Not the wrappers of Debian's package, which want its user.
            ["PATH"] = "/usr/lib/rabbitmq/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            // As the official image has them.
            ["HOME"] = "/var/lib/rabbitmq",
            ["RABBITMQ_LOGS"] = "-",
        },
    };

    // Publishes 1, 2, 3... to two durable queues, one of them replicated by a log, and says each number that the server has confirmed to have on its disk.
    const string Publish = """
        import os, pika, time
        n = 0
        while not os.path.exists('/tmp/enough'):
            try:
                channel = pika.BlockingConnection(pika.ConnectionParameters('127.0.0.1', credentials=pika.PlainCredentials('app', os.environ['RABBITMQ_DEFAULT_PASS']))).channel()
                channel.confirm_delivery()
                channel.queue_declare('classic', durable=True)
                channel.queue_declare('quorum', durable=True, arguments={'x-queue-type': 'quorum'})
                while not os.path.exists('/tmp/enough'):
                    for queue in 'classic', 'quorum':
                        channel.basic_publish('', queue, str(n + 1).encode(), pika.BasicProperties(delivery_mode=2), mandatory=True)
                    n += 1
                    with open('/tmp/confirmed.new', 'w') as file:
                        file.write(str(n))
                    os.replace('/tmp/confirmed.new', '/tmp/confirmed')
                    time.sleep(0.005)
            except (pika.exceptions.AMQPError, OSError):
                time.sleep(0.1)
        """;

    // Says the numbers that the queues hold, in their order.
    const string Read = """
        import os, pika
        channel = pika.BlockingConnection(pika.ConnectionParameters('127.0.0.1', credentials=pika.PlainCredentials('app', os.environ['RABBITMQ_DEFAULT_PASS']))).channel()
        for queue in 'classic', 'quorum':
            found = []
            while True:
                method, _, body = channel.basic_get(queue)
                if method is None:
                    break
                found.append(body.decode())
            print(' '.join(found))
        """;

    ExampleNamespace shop = null!;

    public async ValueTask InitializeAsync() => shop = await ExampleNamespace.Apply("rabbitmq", Image);

    public ValueTask DisposeAsync() => shop.DisposeAsync();

    [Fact]
    public async Task Every_message_that_was_confirmed_before_the_backup_comes_back_and_queues_have_no_gaps()
    {
        var publishing = Python(Publish);
        while (await Confirmed() < 50)
            Assert.False(publishing.IsCompleted);
        var before = await Confirmed();

        (await shop.BackUp()).Exited(0);

        // It was thawed: publishing goes on.
        var thawed = await Confirmed();
        while (await Confirmed() <= thawed + 10)
            Assert.False(publishing.IsCompleted);
        await shop.Execute("touch /tmp/enough");
        await publishing;
        await shop.Execute("rabbitmqctl --quiet delete_queue quorum; rabbitmqctl --quiet purge_queue classic; rabbitmqctl --quiet add_vhost other");

        (await shop.Restore()).Exited(0);

        await shop.UntilReady();
        var queues = (await Python(Read)).TrimEnd('\n').Split('\n').Select(line => line.Split(' ').Select(number => int.Parse(number, CultureInfo.InvariantCulture)).ToList()).ToList();
        // One that was published and not yet confirmed as RabbitMQ stopped may be there, and is there again when it was published again.
        Assert.All(queues, queue =>
        {
            var distinct = queue.Distinct().ToList();
            Assert.Equal(Enumerable.Range(1, distinct.Count), distinct);
            Assert.InRange(distinct.Count, before, thawed + 1);
        });
        Assert.DoesNotContain("other", await shop.Execute("rabbitmqctl --quiet list_vhosts"), StringComparison.Ordinal);
        Assert.Contains("\"quorum\"", await File.ReadAllTextAsync(Path.Join(shop.Data, "definitions.json"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_of_a_server_that_is_down_fails_and_stores_nothing_and_does_not_start_it()
    {
        await shop.Execute("rabbitmqctl --quiet stop_app");

        (await shop.BackUp()).Exited(3);

        Assert.Equal(0, await shop.Stored());
        await shop.Execute("! rabbitmq-diagnostics --quiet check_running");
    }

    async Task<int> Confirmed() => int.TryParse(await shop.Execute("cat /tmp/confirmed || true"), CultureInfo.InvariantCulture, out var number) ? number : 0;

    Task<string> Python(string program) => shop.Execute($"exec /usr/bin/python3 - <<'END'\n{program}\nEND");
}
