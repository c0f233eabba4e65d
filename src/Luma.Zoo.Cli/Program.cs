using Luma.Neural.Native;
using Luma.Zoo.Cli;

NativeHeap.KeepFreed();
using var interrupts = new Interrupts();
return await CommandLine.RunAsync(args, Terminal.System(), interrupts);
