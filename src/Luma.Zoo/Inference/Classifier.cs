using Luma.Neural;
using Luma.Neural.Native;
using Luma.Zoo.Images;
using Luma.Zoo.Inference.Compilation;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Inference;

/// <summary>
/// Says what images show: a model, the preset that makes its input and the names of its classes. Any number of threads may use
/// one classifier at a time.
/// </summary>
/// <remarks>
/// <para>
/// Each call sets the model to evaluation mode, where somebody has set it to training in between. Move it to its device and type before;
/// it must not be trained while a call is under way.
/// </para>
/// <para>
/// However many callers there are, no more images are worked on at a time than there are processors, no more passes of the model than its
/// threads leave processors for, and the images that are decoded at a time have together no more pixels than
/// <see cref="DecodeOptions.MaxPixels"/>, or than half of the memory holds, and their files no more bytes than
/// <see cref="DecodeOptions.MaxBytes"/>, or than a quarter of it; a larger one is decoded alone. What does not begin as an image does is
/// refused before it is read.
/// </para>
/// <para>
/// Of many images the next are read, decoded and prepared while the model computes, as <see cref="BatchOptions"/> says. The source of the images
/// is only asked when the caller asks for a result, and the next results are made while the caller is busy with one, but no
/// more than a few batches of them. Whoever stops early need only dispose of the enumerator, as <c>foreach</c> does: what has begun is
/// given up, and nothing of it is left.
/// </para>
/// <para>
/// The first classifier of a process lets it keep the memory that tensors leave, up to a gigabyte, which makes passes up to twice as fast
/// on Linux: see <see cref="NativeHeap"/>. <c>LUMA_KEEP_MEMORY=0</c> in the environment turns that off.
/// </para>
/// </remarks>
public sealed partial class Classifier : IImageClassifier, IDisposable
{
    private readonly NeuralModule model;
    private readonly nn.Module[] modules;
    private readonly bool ownsModel;
    private readonly Device device;
    private readonly ScalarType type;
    private readonly IInferenceEngine? engine;
    private readonly InputWriter writer;
    private readonly int mostPasses = Math.Max(1, Environment.ProcessorCount / get_num_threads());
    private readonly CallGate calls = new(Environment.ProcessorCount), passes;
    private readonly InputGatherer<IReadOnlyList<Prediction>>? gatherer;
    private readonly NetworkRunner? runner;
    private int isFreed;

    /// <summary>Puts a classifier together.</summary>
    /// <param name="model">Takes <c>(N, C, H, W)</c> as the preset makes it and gives logits <c>(N, classes)</c>.</param>
    /// <param name="preset">What makes an image into the model's input.</param>
    /// <param name="labels">One name per class.</param>
    /// <param name="decoding">How large an image may be, or null for the defaults.</param>
    /// <param name="ownsModel">Whether the model is disposed of with the classifier; otherwise it stays the caller's.</param>
    /// <param name="engine">
    /// What compiles the model, where <see cref="Compilation"/> asks for it; null for <see cref="Engine.OneDnn"/>. A model that an engine named here cannot
    /// compile fails with <see cref="ClassifierCompilation.Ahead"/>; otherwise it computes as it is.
    /// </param>
    /// <exception cref="ArgumentException">The preset makes no sense, or there are no labels.</exception>
    public Classifier(
        NeuralModule model, ImagePreset preset, IReadOnlyList<string> labels, DecodeOptions? decoding = null, bool ownsModel = false, IInferenceEngine? engine = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(preset);
        ArgumentNullException.ThrowIfNull(labels);
        preset.Validate();
        if (labels.Count == 0) throw new ArgumentException("There are no labels.", nameof(labels));

        NativeHeap.KeepFreed();
        modules = [model, .. model.modules()];
        var parameter = model.parameters().FirstOrDefault();
        (this.model, Preset, Labels, this.ownsModel, this.engine) = (model, preset, [.. labels], ownsModel, engine);
        (writer, passes) = (new(preset, decoding ?? DecodeOptions.Default), new(mostPasses));
        EnsureEvaluation();
        (device, type) = (parameter?.device ?? CPU, parameter?.dtype ?? ScalarType.Float32);
    }

    /// <summary>What makes an image into the model's input.</summary>
    public ImagePreset Preset { get; }

    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Whether an image has one class of many or several at once.</summary>
    public ClassificationTask Task { get; init; }

    /// <summary>
    /// How single calls are gathered into batches: null, the default, for not at all, so that an answer never depends on who else calls.
    /// </summary>
    public GatherOptions? Gathering
    {
        get;
        init => (field, gatherer) = (value, value is null ? null : new(value, passes, LogitsOf));
    }

    /// <summary>
    /// When the network is compiled; never by default. What is compiled is what the weights are then: do not change them afterwards. Features are
    /// taken from the network itself.
    /// </summary>
    public ClassifierCompilation Compilation
    {
        get;
        init
        {
            field = value;
            if (value == ClassifierCompilation.Off || device.type != DeviceType.CPU || type != ScalarType.Float32) return;
            runner = new(model, Preset, engine ?? Engine.OneDnn, value, mustCompile: engine is not null && value == ClassifierCompilation.Ahead);
        }
    }

    /// <summary>What was taken of the weights, where <see cref="ModelZoo"/> put the classifier together; null elsewhere.</summary>
    public LoadReport? LoadReport { get; internal init; }

    /// <summary>Classifies one image.</summary>
    /// <param name="image">The image: a path, a stream, bytes or pixels will do.</param>
    /// <param name="top">How many predictions to give.</param>
    /// <returns>The most likely classes, the likeliest first.</returns>
    /// <exception cref="ImageException">The image cannot be read, or is none that can be used.</exception>
    /// <exception cref="InvalidOperationException">The model's output does not fit the labels.</exception>
    /// <exception cref="ObjectDisposedException">The classifier has been disposed of.</exception>
    public IReadOnlyList<Prediction> Classify(ImageSource image, int top = 5) => Classify(image, new ClassifyOptions { Top = top });

    /// <summary>Classifies one image.</summary>
    /// <param name="image">The image: a path, a stream, bytes or pixels will do.</param>
    /// <param name="options">Which predictions to give.</param>
    /// <inheritdoc cref="Classify(ImageSource, int)"/>
    public IReadOnlyList<Prediction> Classify(ImageSource image, ClassifyOptions options)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(options);
        if (gatherer is not null) return ClassifyTogether(image, options);

        using var call = calls.Enter();
        return One(image, input => Predict(input, options), CancellationToken.None);
    }

    /// <summary>Classifies one decoded image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="top">How many predictions to give.</param>
    /// <returns>The most likely classes, the likeliest first.</returns>
    /// <exception cref="InvalidOperationException">The model's output does not fit the labels.</exception>
    public IReadOnlyList<Prediction> Classify(DecodedImage image, int top = 5) => Classify(ImageSource.FromImage(image), top);

    /// <summary>Classifies images that are the model's input already.</summary>
    /// <param name="input">Floats <c>(N, C, H, W)</c>, or <c>(C, H, W)</c> for one image, as <see cref="Preset"/> makes them.</param>
    /// <param name="top">How many predictions to give for each.</param>
    /// <returns>For each image the most likely classes, the likeliest first.</returns>
    /// <exception cref="ArgumentException">The tensor is of another shape or type; pixels go through <see cref="DecodedImage"/>.</exception>
    /// <exception cref="InvalidOperationException">The model's output does not fit the labels.</exception>
    public IReadOnlyList<IReadOnlyList<Prediction>> ClassifyBatch(Tensor input, int top = 5) =>
        ClassifyBatch(input, new ClassifyOptions { Top = top });

    /// <summary>Classifies images that are the model's input already.</summary>
    /// <param name="input">Floats <c>(N, C, H, W)</c>, or <c>(C, H, W)</c> for one image, as <see cref="Preset"/> makes them.</param>
    /// <param name="options">Which predictions to give for each.</param>
    /// <inheritdoc cref="ClassifyBatch(Tensor, int)"/>
    public IReadOnlyList<IReadOnlyList<Prediction>> ClassifyBatch(Tensor input, ClassifyOptions options)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(options);
        if (!input.is_floating_point() || input.dim() is not (3 or 4))
            throw new ArgumentException($"Expected floats (N, C, H, W) or (C, H, W), got {input.dtype} ({string.Join(", ", input.shape)}).", nameof(input));

        using var call = calls.Enter();
        return passes.Run(() => Predict(input, options), CancellationToken.None);
    }

    /// <summary>Classifies one image on another thread.</summary>
    /// <param name="image">The image: a path, a stream, bytes or pixels will do.</param>
    /// <param name="top">How many predictions to give.</param>
    /// <param name="cancellation">Ends it before the next step: reading and decoding, or the model.</param>
    /// <returns>The most likely classes, the likeliest first.</returns>
    /// <exception cref="ImageException">The image cannot be read, or is none that can be used.</exception>
    /// <exception cref="InvalidOperationException">The model's output does not fit the labels.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task<IReadOnlyList<Prediction>> ClassifyAsync(ImageSource image, int top = 5, CancellationToken cancellation = default) =>
        ClassifyAsync(image, new ClassifyOptions { Top = top }, cancellation);

    /// <summary>Classifies one image on another thread.</summary>
    /// <param name="source">The image: a path, a stream, bytes or pixels will do.</param>
    /// <param name="options">Which predictions to give, or null for the five likeliest classes.</param>
    /// <param name="cancellation">Ends it before the next step: reading and decoding, or the model.</param>
    /// <inheritdoc cref="ClassifyAsync(ImageSource, int, CancellationToken)"/>
    public Task<IReadOnlyList<Prediction>> ClassifyAsync(ImageSource source, ClassifyOptions? options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= new ClassifyOptions();
        if (gatherer is not null) return ClassifyTogetherAsync(source, options, cancellation);
        return calls.RunAsync(() => One(source, input => Predict(input, options), cancellation), cancellation);
    }

    /// <summary>Refuses further calls, waits for those under way, and disposes of the model if the classifier owns it.</summary>
    public void Dispose()
    {
        calls.Dispose();
        // Callers may have their answers before their batch is cleared away.
        passes.WaitUntilEmpty();
        // TorchSharp frees a module twice that two threads dispose of at a time.
        if (Interlocked.Exchange(ref isFreed, 1) != 0) return;
        runner?.Dispose();
        if (ownsModel) model.Dispose();
    }

    private T One<T>(ImageSource image, Func<Tensor, T[]> compute, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var input = writer.Read(image);
        cancellation.ThrowIfCancellationRequested();
        return passes.Run(() => compute(input), cancellation)[0];
    }

    // Whoever calls it has a pass.
    private IReadOnlyList<Prediction>[] Predict(Tensor input, ClassifyOptions options)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        return Read(LogitsOf(input), options);
    }

    private Tensor LogitsOf(Tensor input)
    {
        EnsureEvaluation();
        var batch = AsBatch(input);
        var run = runner?.Find(batch.size(0)) ?? model.call;
        using var pause = writer.Pause(device);
        var logits = run(batch);
        return logits.dim() == 2 && logits.size(1) == Labels.Count
            ? logits
            : throw new InvalidOperationException($"The model gives ({string.Join(", ", logits.shape)}), but there are {Labels.Count} labels: expected (N, {Labels.Count}).");
    }

    private IReadOnlyList<Prediction>[] Read(Tensor logits, ClassifyOptions options)
    {
        var scores = logits.to(ScalarType.Float32);
        if (options.Temperature != 1) scores = scores.Over(options.Temperature);
        if (options.Scores == ScoreKind.Probabilities) scores = Task == ClassificationTask.MultiLabel ? scores.sigmoid() : scores.softmax(1);
        return [.. scores.cpu().data<float>().ToArray().Chunk(Labels.Count).Select(row => Best(row, options))];
    }

    private IReadOnlyList<Prediction> ClassifyTogether(ImageSource image, ClassifyOptions options)
    {
        calls.Begin();
        Tensor? input = null;
        try
        {
            calls.Hold(() => input = writer.Read(image).DetachFromDisposeScope());
            return gatherer!.AddAsync(input!, row => Read(row, options)[0]).GetAwaiter().GetResult();
        }
        finally
        {
            input?.Dispose();
            calls.End();
        }
    }

    private async Task<IReadOnlyList<Prediction>> ClassifyTogetherAsync(ImageSource image, ClassifyOptions options, CancellationToken cancellation)
    {
        calls.Begin();
        Tensor? input = null;
        try
        {
            input = await calls.RunAsync(() => writer.Read(image).DetachFromDisposeScope(), cancellation).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            return await gatherer!.AddAsync(input, row => Read(row, options)[0], cancellation).ConfigureAwait(false);
        }
        finally
        {
            input?.Dispose();
            calls.End();
        }
    }

    private Tensor Infer(Tensor input)
    {
        EnsureEvaluation();
        using var pause = writer.Pause(device);
        return model.call(AsBatch(input));
    }

    private Tensor AsBatch(Tensor input) => (input.dim() == 3 ? input.unsqueeze(0) : input).to(type, device);

    private void EnsureEvaluation()
    {
        if (Array.Exists(modules, module => module.training)) model.eval();
    }

    private Prediction[] Best(float[] scores, ClassifyOptions options) =>
    [
        .. Enumerable.Range(0, scores.Length)
            .OrderByDescending(index => scores[index])
            .Take(options.Top)
            .Where(index => !(scores[index] < options.Threshold))
            .Select(index => new Prediction(index, Labels[index], scores[index])),
    ];
}
