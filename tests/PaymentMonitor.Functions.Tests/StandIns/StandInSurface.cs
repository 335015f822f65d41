using System.Reflection;

namespace PaymentMonitor.Functions.Tests;

/// <summary>What a stand-in has that the real type has not: by such a difference the app would compile here and not there.</summary>
internal static class StandInSurface
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
    private const BindingFlags Any = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static;

    /// <summary>The stand-ins compiled into an assembly: types in the namespaces of Microsoft's packages.</summary>
    internal static IReadOnlyList<Type> TypesIn(Assembly assembly) => [.. assembly.GetExportedTypes().Where(type =>
        type.Namespace is { } name && (name.StartsWith("Microsoft.Azure.", StringComparison.Ordinal) || name.StartsWith("Azure.", StringComparison.Ordinal) || name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal)))];

    /// <returns>A sentence for each difference.</returns>
    internal static IEnumerable<string> Differences(Type standIn, Type? real)
    {
        if (real is null)
        {
            return [$"There is no {standIn.FullName}."];
        }

        var constructors = standIn.GetConstructors().Where(one => !real.GetConstructors(Any | BindingFlags.NonPublic).Any(other => Covers(other, one)));
        var methods = standIn.GetMethods(Declared).Where(one => !one.IsSpecialName && !real.GetMethods(Any).Any(other => other.Name == one.Name && Covers(other, one) && Name(other.ReturnType) == Name(one.ReturnType)));
        var properties = standIn.GetProperties(Declared).Where(one =>
            real.GetProperty(one.Name, Any) is not { } other || Name(other.PropertyType) != Name(one.PropertyType) || (one.CanWrite && other.SetMethod is not { IsPublic: true }));
        var values = standIn.IsEnum ? Enum.GetNames(standIn).Except(Enum.GetNames(real)) : [];
        return
        [
            .. constructors.Select(one => $"{standIn.FullName} has no constructor {one}."),
            .. methods.Select(one => $"{standIn.FullName} has no method {one}."),
            .. properties.Select(one => $"{standIn.FullName} has no such property {one}."),
            .. values.Select(one => $"{standIn.FullName} has no value {one}."),
        ];
    }

    // A call that compiles against the stand-in compiles against the other if it has these parameters first and needs no more.
    private static bool Covers(MethodBase real, MethodBase standIn)
    {
        var (has, wants) = (real.GetParameters(), standIn.GetParameters());
        return has.Length >= wants.Length
            && wants.Zip(has).All(pair => Name(pair.First.ParameterType) == Name(pair.Second.ParameterType))
            && has.Skip(wants.Length).All(parameter => parameter.IsOptional);
    }

    // The same type may come from two assemblies, so it is its name that counts, and that of what it is made of.
    private static string Name(Type type) => type.IsGenericType
        ? $"{type.Namespace}.{type.Name}<{string.Join(',', type.GetGenericArguments().Select(Name))}>"
        : type.IsGenericParameter ? "T" : type.FullName ?? type.Name;
}
