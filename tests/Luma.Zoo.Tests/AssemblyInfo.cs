// torch's generator is one for the process: tests that seed it and draw from it must not run side by side.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
