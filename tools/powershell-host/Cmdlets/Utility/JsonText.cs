using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Numerics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Microsoft.PowerShell.Commands;

/// <summary>Writes objects as JSON the way ConvertTo-Json does: below the given depth a value is only its text.</summary>
internal sealed class JsonText(int depth, bool compress, bool enumsAsStrings)
{
    public bool WasCut { get; private set; }

    public string Write(object? value)
    {
        var options = new JsonWriterOptions { Indented = !compress, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 256 };
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, options))
        {
            Write(writer, value, 0);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private void Write(Utf8JsonWriter writer, object? value, int level)
    {
        var wrapped = value as PSObject;
        var plain = wrapped is null ? value : wrapped.BaseObject;
        if (plain is null or DBNull || plain == System.Management.Automation.Internal.AutomationNull.Value)
        {
            writer.WriteNullValue();
        }
        else if (!WriteScalar(writer, plain))
        {
            WriteContainer(writer, wrapped ?? PSObject.AsPSObject(plain), plain, level);
        }
    }

    private bool WriteScalar(Utf8JsonWriter writer, object value)
    {
        switch (value)
        {
            case string or char or Guid or Uri or Version:
                writer.WriteStringValue(value.ToString());
                return true;
            case bool truth:
                writer.WriteBooleanValue(truth);
                return true;
            case DateTime time:
                writer.WriteStringValue(time.ToString("o", CultureInfo.InvariantCulture).Replace(".0000000", "", StringComparison.Ordinal));
                return true;
            case DateTimeOffset time:
                writer.WriteStringValue(time);
                return true;
            case Enum named when enumsAsStrings:
                writer.WriteStringValue(named.ToString());
                return true;
            case Enum named:
                writer.WriteRawValue(Convert.ChangeType(named, Enum.GetUnderlyingType(named.GetType()), CultureInfo.InvariantCulture).ToString()!);
                return true;
            case double or float or decimal or BigInteger or byte or sbyte or short or ushort or int or uint or long or ulong:
                WriteNumber(writer, (IFormattable)value);
                return true;
            default:
                return false;
        }
    }

    private static void WriteNumber(Utf8JsonWriter writer, IFormattable number)
    {
        var text = number.ToString(number is double or float ? "R" : null, CultureInfo.InvariantCulture);
        if (number is double.NaN or double.PositiveInfinity or double.NegativeInfinity || (number is float single && !float.IsFinite(single)))
        {
            writer.WriteStringValue(text);
        }
        else
        {
            writer.WriteRawValue(number is double or float && !text.AsSpan().ContainsAny('.', 'E') ? text + ".0" : text);
        }
    }

    private void WriteContainer(Utf8JsonWriter writer, PSObject wrapped, object plain, int level)
    {
        if (level > depth)
        {
            WasCut = true;
            writer.WriteStringValue(LanguagePrimitives.ConvertTo<string>(wrapped));
            return;
        }

        if (plain is IDictionary table)
        {
            writer.WriteStartObject();
            foreach (DictionaryEntry entry in table)
            {
                writer.WritePropertyName(LanguagePrimitives.ConvertTo<string>(entry.Key));
                Write(writer, entry.Value, level + 1);
            }

            WriteAdded(writer, wrapped, level);
            writer.WriteEndObject();
        }
        else if (plain is IEnumerable items)
        {
            writer.WriteStartArray();
            foreach (var item in items)
            {
                Write(writer, item, level + 1);
            }

            writer.WriteEndArray();
        }
        else
        {
            writer.WriteStartObject();
            foreach (var property in wrapped.Properties.Where(property => property.IsGettable))
            {
                writer.WritePropertyName(property.Name);
                Write(writer, ValueOf(property), level + 1);
            }

            writer.WriteEndObject();
        }
    }

    private void WriteAdded(Utf8JsonWriter writer, PSObject wrapped, int level)
    {
        foreach (var note in wrapped.Properties.Where(property => property.MemberType == PSMemberTypes.NoteProperty))
        {
            writer.WritePropertyName(note.Name);
            Write(writer, note.Value, level + 1);
        }
    }

    private static object? ValueOf(PSPropertyInfo property)
    {
        try
        {
            return property.Value;
        }
        catch (GetValueException)
        {
            return null;
        }
    }
}
