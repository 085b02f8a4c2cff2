using System.Globalization;

namespace BackupRunner.Webhook.Status.Page;

/// <summary>A list of which the beginning is shown, and more of it when that is asked for; what is beyond <see cref="PageLimits.MostListed"/> is only counted.</summary>
public static class LongList
{
    /// <param name="id">Begins the ids of what opens and closes.</param>
    /// <param name="shown">So many at first.</param>
    /// <param name="write">What is in the element of one; its number is the second.</param>
    public static void List<T>(this Html html, string id, string style, IReadOnlyList<T> all, int shown, Action<T, int> write)
    {
        Part(0, shown);
        if (all.Count > shown)
        {
            html.Open("details", ("id", id + "-more")).Element("summary", $"{Count(all.Count - shown)} more", ("id", id + "-open"));
            Part(shown, PageLimits.MostListed);
            if (all.Count > PageLimits.MostListed)
                html.Element("p", $"and {Count(all.Count - PageLimits.MostListed)} more; choose a namespace to see them", ("class", "soft"));
            html.Close("details");
        }

        void Part(int from, int to)
        {
            html.Open("ul", ("class", style));
            for (var i = from; i < Math.Min(to, all.Count); i++)
            {
                html.Open("li");
                write(all[i], i);
                html.Close("li");
            }
            html.Close("ul");
        }
    }

    public static string Count(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);
}
