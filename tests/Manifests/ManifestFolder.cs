using BackupRunner.Tests.Support;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace BackupRunner.Tests.Manifests;

/// <summary>The objects in the files of one folder of manifests/, each with the file that it is in.</summary>
public sealed record ManifestFolder(string Path, IReadOnlyList<(string File, ClusterObject Object)> All)
{
    static readonly IDeserializer Anything = new DeserializerBuilder().WithDuplicateKeyChecking().Build();

    static readonly IDeserializer Strict = new DeserializerBuilder()
        .WithNamingConvention(CamelCaseNamingConvention.Instance)
        .WithDuplicateKeyChecking()
        .WithNodeDeserializer(new StrictScalars(), at => at.OnTop())
        .Build();

    // A kind that is not here is not shipped.
    static readonly Dictionary<string, Type> Kinds = new()
    {
        ["v1/ServiceAccount"] = typeof(ServiceAccountObject),
        ["v1/ConfigMap"] = typeof(ConfigMapObject),
        ["v1/Secret"] = typeof(SecretObject),
        ["v1/Service"] = typeof(ServiceObject),
        ["apps/v1/StatefulSet"] = typeof(StatefulSetObject),
        ["batch/v1/CronJob"] = typeof(CronJobObject),
        ["batch/v1/Job"] = typeof(JobObject),
        ["coordination.k8s.io/v1/Lease"] = typeof(LeaseObject),
        ["rbac.authorization.k8s.io/v1/Role"] = typeof(RoleObject),
        ["rbac.authorization.k8s.io/v1/RoleBinding"] = typeof(RoleBindingObject),
        ["backup.middleware.io/v1/BackupPolicy"] = typeof(BackupPolicyObject),
        ["backup.middleware.io/v1/Backup"] = typeof(BackupRequestObject),
        ["backup.middleware.io/v1/Restore"] = typeof(BackupRequestObject),
        ["monitoring.coreos.com/v1/ServiceMonitor"] = typeof(ServiceMonitorObject),
        ["monitoring.coreos.com/v1/PrometheusRule"] = typeof(PrometheusRuleObject),
        ["v1/Namespace"] = typeof(NamespaceObject),
        ["apps/v1/Deployment"] = typeof(DeploymentObject),
        ["policy/v1/PodDisruptionBudget"] = typeof(PodDisruptionBudgetObject),
        ["networking.k8s.io/v1/NetworkPolicy"] = typeof(NetworkPolicyObject),
        ["rbac.authorization.k8s.io/v1/ClusterRole"] = typeof(ClusterRoleObject),
        ["rbac.authorization.k8s.io/v1/ClusterRoleBinding"] = typeof(ClusterRoleBindingObject),
        ["admissionregistration.k8s.io/v1/MutatingWebhookConfiguration"] = typeof(WebhookConfigurationObject),
        ["admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration"] = typeof(WebhookConfigurationObject),
        ["apiextensions.k8s.io/v1/CustomResourceDefinition"] = typeof(CustomResourceDefinitionObject),
        ["kustomize.config.k8s.io/v1beta1/Kustomization"] = typeof(KustomizationObject),
    };

    /// <summary>Every folder below manifests/ that has YAML files.</summary>
    public static IReadOnlyList<ManifestFolder> Shipped { get; } =
        [.. Directory.EnumerateFiles(Repository.PathOf("manifests"), "*.yaml", SearchOption.AllDirectories).Select(System.IO.Path.GetDirectoryName).Distinct().Order().Select(path => Read(path!))];

    public static ManifestFolder Redis { get; } = Shipped.Single(folder => folder.Path == Repository.PathOf("manifests/examples/redis"));

    public IEnumerable<T> Of<T>() where T : ClusterObject => All.Select(entry => entry.Object).OfType<T>();

    public T Named<T>(string name) where T : ClusterObject =>
        Of<T>().SingleOrDefault(found => found.Metadata.Name == name) ?? throw new InvalidOperationException($"there is no {typeof(T).Name} \"{name}\" in {Path}");

    static ManifestFolder Read(string path) =>
        new(path, [.. Directory.EnumerateFiles(path, "*.yaml").Order().SelectMany(file => Documents(File.ReadAllText(file)).Select(text => (System.IO.Path.GetFileName(file), Parse(text))))]);

    /// <summary>Policies (root key <c>backup</c>) are no objects: docs and tests of the policy read them.</summary>
    static IEnumerable<string> Documents(string text) => text.Split("\n---\n").Where(document => !Anything.Deserialize<Dictionary<string, object>>(document).ContainsKey("backup"));

    /// <exception cref="YamlDotNet.Core.YamlException">An unknown field, a key given twice, a value of another type.</exception>
    public static ClusterObject Parse(string document)
    {
        var root = Anything.Deserialize<Dictionary<string, object>>(document);
        var kind = $"{root.GetValueOrDefault("apiVersion")}/{root.GetValueOrDefault("kind")}";
        return Kinds.TryGetValue(kind, out var type) ? (ClusterObject)Strict.Deserialize(document, type)! : throw new InvalidOperationException($"unknown kind \"{kind}\"");
    }
}
