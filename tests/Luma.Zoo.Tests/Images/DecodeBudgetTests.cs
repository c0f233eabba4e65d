using Luma.Zoo.Images;

namespace Luma.Zoo.Tests.Images;

/// <summary>The room that images and passes share.</summary>
public class DecodeBudgetTests
{
    [Fact]
    public void All_of_the_room_is_given_once_nobody_has_any_and_before_those_who_come_later()
    {
        var room = new DecodeBudget.Room(10);
        var order = new List<string>();
        var first = room.Take(3);
        var all = Begin("all", room.TakeAll);
        var later = Begin("later", () => room.Take(1));

        lock (order) Assert.Empty(order);
        first.Dispose();

        Assert.True(all.Join(TimeSpan.FromMinutes(1)) && later.Join(TimeSpan.FromMinutes(1)));
        Assert.Equal(["all", "later"], order);
        Assert.Equal(3, room.Peak);

        // Both give back what they had.
        room.Take(10).Dispose();

        Thread Begin(string name, Func<DecodeBudget.Room.Share> take)
        {
            var thread = new Thread(() =>
            {
                using var share = take();
                lock (order) order.Add(name);
            });
            thread.Start();
            Assert.True(SpinWait.SpinUntil(() => (thread.ThreadState & ThreadState.WaitSleepJoin) != 0, TimeSpan.FromMinutes(1)));
            return thread;
        }
    }

    [Fact]
    public void Decoding_pauses_only_for_a_network_that_takes_all_processors()
    {
        var budget = new DecodeBudget(10, 10);
        using (budget.Pause(CPU))
        {
            if (get_num_threads() < Environment.ProcessorCount) budget.Pixels.Take(10).Dispose();
        }
        DecodeBudget.Room.Share paused;
        using (new AllThreads()) paused = budget.Pause(CPU);
        var taker = new Thread(() => budget.Pixels.Take(1).Dispose());
        taker.Start();
        Assert.True(SpinWait.SpinUntil(() => (taker.ThreadState & ThreadState.WaitSleepJoin) != 0, TimeSpan.FromMinutes(1)));
        // Files are read all the same.
        budget.Bytes.Take(10).Dispose();
        paused.Dispose();
        Assert.True(taker.Join(TimeSpan.FromMinutes(1)));
    }
}
