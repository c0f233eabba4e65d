using Luma.Zoo.Cli;

return await CommandLine.RunAsync(args, Terminal.System());
