using System.Runtime.CompilerServices;

// The program asks for memory as the layers do.
[assembly: InternalsVisibleTo("luma")]
