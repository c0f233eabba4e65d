using System.IO.Hashing;
using System.Text;
using Luma.Zoo.Training.Data;

namespace Luma.Zoo.Training;

/// <summary>What tells one set of training data from another: how many images there are, their names and their labels.</summary>
internal sealed record DataFingerprint(int Count, string Hash)
{
    /// <summary>The fingerprint of a data set.</summary>
    public static DataFingerprint Of(IDataset data)
    {
        var hash = new XxHash128();
        foreach (var name in data.Classes) Add(name);
        for (var i = 0; i < data.Count; i++)
        {
            Add(string.Join(',', data.GetLabels(i)));
            Add((data as IKeyedDataset)?.KeyOf(i) ?? "");
        }
        return new(data.Count, Convert.ToHexStringLower(hash.GetCurrentHash()));

        void Add(string text)
        {
            hash.Append(Encoding.UTF8.GetBytes(text));
            hash.Append([0]);
        }
    }
}
