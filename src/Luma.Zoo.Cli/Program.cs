using Luma.Neural.Native;
using Luma.Zoo.Cli;

NativeHeap.KeepFreed();
return await CommandLine.RunAsync(args, Terminal.System());
