using System.Runtime.CompilerServices;
using Luma.Neural;
using Luma.Neural.Native;
using Luma.Zoo.Images;
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
/// However many callers there are, no more calls run at a time than there are processors, no more passes of the model than its threads
/// leave processors for, and the images that are decoded at a time have together no more pixels than
/// <see cref="DecodeOptions.MaxPixels"/>, or than half of the memory holds, and their files no more bytes than
/// <see cref="DecodeOptions.MaxBytes"/>, or than a quarter of it; a larger one is decoded alone. What does not begin as an image does is
/// refused before it is read.
/// </para>
/// <para>
/// The first classifier of a process lets it keep the memory that tensors leave, up to a gigabyte, which makes passes up to twice as fast
/// on Linux: see <see cref="NativeHeap"/>. <c>LUMA_KEEP_MEMORY=0</c> in the environment turns that off.
/// </para>
/// </remarks>
public sealed class Classifier : IDisposable
{
    private readonly NeuralModule model;
    private readonly nn.Module[] modules;
    private readonly bool ownsModel;
    private readonly Device device;
    private readonly ScalarType type;
    private readonly DecodeOptions decoding;
    private readonly DecodeBudget budget;
    private readonly CallGate calls = new(Environment.ProcessorCount);
    private readonly CallGate passes = new(Math.Max(1, Environment.ProcessorCount / get_num_threads()));

    /// <summary>Puts a classifier together.</summary>
    /// <param name="model">Takes <c>(N, C, H, W)</c> as the preset makes it and gives logits <c>(N, classes)</c>.</param>
    /// <param name="preset">What makes an image into the model's input.</param>
    /// <param name="labels">One name per class.</param>
    /// <param name="decoding">How large an image may be, or null for the defaults.</param>
    /// <param name="ownsModel">Whether the model is disposed of with the classifier; otherwise it stays the caller's.</param>
    /// <exception cref="ArgumentException">The preset makes no sense, or there are no labels.</exception>
    public Classifier(
        NeuralModule model, ImagePreset preset, IReadOnlyList<string> labels, DecodeOptions? decoding = null, bool ownsModel = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(preset);
        ArgumentNullException.ThrowIfNull(labels);
        preset.Validate();
        if (labels.Count == 0) throw new ArgumentException("There are no labels.", nameof(labels));

        NativeHeap.KeepFreed();
        modules = [model, .. model.modules()];
        var parameter = model.parameters().FirstOrDefault();
        (this.model, Preset, Labels, this.decoding) = (model, preset, [.. labels], decoding ?? DecodeOptions.Default);
        this.ownsModel = ownsModel;
        budget = DecodeBudget.For(this.decoding);
        EnsureEvaluation();
        (device, type) = (parameter?.device ?? CPU, parameter?.dtype ?? ScalarType.Float32);
    }

    /// <summary>What makes an image into the model's input.</summary>
    public ImagePreset Preset { get; }

    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Whether an image has one class of many or several at once.</summary>
    public ClassificationTask Task { get; init; }

    /// <summary>What was taken of the weights, where <see cref="ModelZoo"/> put the classifier together; null elsewhere.</summary>
    public LoadReport? LoadReport { get; internal init; }

    /// <summary>Classifies one image.</summary>
    /// <param name="image">The image: a path, a stream or bytes will do.</param>
    /// <param name="top">How many predictions to give.</param>
    /// <returns>The most likely classes, the likeliest first.</returns>
    /// <exception cref="ImageException">The image cannot be read, or is none that can be used.</exception>
    /// <exception cref="InvalidOperationException">The model's output does not fit the labels.</exception>
    /// <exception cref="ObjectDisposedException">The classifier has been disposed of.</exception>
    public IReadOnlyList<Prediction> Classify(ImageSource image, int top = 5)
    {
        using var call = calls.Enter();
        return ClassifyOne(image, top, CancellationToken.None);
    }

    /// <summary>Classifies one decoded image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="top">How many predictions to give.</param>
    /// <returns>The most likely classes, the likeliest first.</returns>
    /// <exception cref="InvalidOperationException">The model's output does not fit the labels.</exception>
    public IReadOnlyList<Prediction> Classify(DecodedImage image, int top = 5)
    {
        using var call = calls.Enter();
        using var scope = NewDisposeScope();
        return Predict(Preset.Apply(image), top)[0];
    }

    /// <summary>Classifies images that are the model's input already.</summary>
    /// <param name="input">Floats <c>(N, C, H, W)</c>, or <c>(C, H, W)</c> for one image, as <see cref="Preset"/> makes them.</param>
    /// <param name="top">How many predictions to give for each.</param>
    /// <returns>For each image the most likely classes, the likeliest first.</returns>
    /// <exception cref="ArgumentException">The tensor is of another shape or type; pixels go through <see cref="DecodedImage"/>.</exception>
    /// <exception cref="InvalidOperationException">The model's output does not fit the labels.</exception>
    public IReadOnlyList<IReadOnlyList<Prediction>> ClassifyBatch(Tensor input, int top = 5)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (!input.is_floating_point() || input.dim() is not (3 or 4))
            throw new ArgumentException($"Expected floats (N, C, H, W) or (C, H, W), got {input.dtype} ({string.Join(", ", input.shape)}).", nameof(input));

        using var call = calls.Enter();
        return Predict(input, top);
    }

    /// <summary>Classifies one image on another thread.</summary>
    /// <param name="image">The image: a path, a stream or bytes will do.</param>
    /// <param name="top">How many predictions to give.</param>
    /// <param name="cancellation">Ends it before the next step: reading and decoding, or the model.</param>
    /// <returns>The most likely classes, the likeliest first.</returns>
    /// <exception cref="ImageException">The image cannot be read, or is none that can be used.</exception>
    /// <exception cref="InvalidOperationException">The model's output does not fit the labels.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task<IReadOnlyList<Prediction>> ClassifyAsync(ImageSource image, int top = 5, CancellationToken cancellation = default) =>
        calls.RunAsync(() => ClassifyOne(image, top, cancellation), cancellation);

    /// <summary>
    /// Classifies images in batches. While the network computes, the next images are read and decoded; one that cannot be used does not stop
    /// the others.
    /// </summary>
    /// <param name="images">The images, which are taken as they are needed.</param>
    /// <param name="options">How, or null for the defaults.</param>
    /// <param name="cancellation">Begins no further image. Those that were decoded by then are still given, before the exception.</param>
    /// <returns>What became of each image, in their order unless <see cref="BatchOptions.IsOrdered"/> says otherwise.</returns>
    /// <remarks>
    /// Few batches are in memory at a time (<see cref="BatchOptions.Ahead"/>), however many images there are and however slowly the results are
    /// taken. What the sequence of images throws is thrown once the images before it are classified.
    /// </remarks>
    /// <exception cref="InvalidOperationException">The model's output does not fit the labels.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IEnumerable<Classification> ClassifyMany(
        IEnumerable<ImageSource> images, BatchOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return Batches();

        IEnumerable<Classification> Batches()
        {
            options ??= new BatchOptions();
            using var pipeline = Prepare(images, options, cancellation);
            var done = 0L;
            while (pipeline.NextAsync().GetAwaiter().GetResult() is { } batch)
            {
                var results = ClassifyNext(batch);
                options.Progress?.Report(done += results.Length);
                foreach (var result in results) yield return result;
            }
            cancellation.ThrowIfCancellationRequested();
        }

        // The place is given back before the caller looks at the results.
        Classification[] ClassifyNext(ImageBatch batch)
        {
            using (batch)
            using (calls.Enter(CancellationToken.None))
            {
                return ClassifyTogether(batch, options);
            }
        }
    }

    /// <summary>As <see cref="ClassifyMany"/>, with all reading, decoding and computing on other threads.</summary>
    /// <param name="images">The images, which are taken as they are needed.</param>
    /// <param name="options">How, or null for the defaults.</param>
    /// <param name="cancellation">Begins no further image. Those that were decoded by then are still given, before the exception.</param>
    /// <returns>What became of each image, in their order unless <see cref="BatchOptions.IsOrdered"/> says otherwise.</returns>
    /// <exception cref="InvalidOperationException">The model's output does not fit the labels.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async IAsyncEnumerable<Classification> ClassifyManyAsync(
        IEnumerable<ImageSource> images, BatchOptions? options = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        options ??= new BatchOptions();
        using var pipeline = Prepare(images, options, cancellation);
        var done = 0L;
        while (await pipeline.NextAsync().ConfigureAwait(false) is { } batch)
        {
            Classification[] results;
            using (batch) results = await calls.RunAsync(() => ClassifyTogether(batch, options), CancellationToken.None).ConfigureAwait(false);
            options.Progress?.Report(done += results.Length);
            foreach (var result in results) yield return result;
        }
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>As the other one, of images that come as they come, such as from a queue.</summary>
    /// <inheritdoc cref="ClassifyManyAsync(IEnumerable{ImageSource}, BatchOptions?, CancellationToken)"/>
    public IAsyncEnumerable<Classification> ClassifyManyAsync(
        IAsyncEnumerable<ImageSource> images, BatchOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return ClassifyManyAsync(Waiting(), options, cancellation);

        // The pipeline takes images on a thread of its own, which may wait.
        IEnumerable<ImageSource> Waiting()
        {
            var enumerator = images.GetAsyncEnumerator(cancellation);
            try
            {
                while (enumerator.MoveNextAsync().AsTask().GetAwaiter().GetResult()) yield return enumerator.Current;
            }
            finally
            {
                enumerator.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }
        }
    }

    /// <summary>Refuses further calls, waits for those under way, and disposes of the model if the classifier owns it.</summary>
    public void Dispose()
    {
        calls.Dispose();
        if (ownsModel) model.Dispose();
    }

    private IReadOnlyList<Prediction> ClassifyOne(ImageSource image, int top, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var input = ImageDecoder.Use(image, decoding, budget, Preset.Apply);
        cancellation.ThrowIfCancellationRequested();
        return Predict(input, top)[0];
    }

    private IReadOnlyList<Prediction>[] Predict(Tensor input, int top)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        using var pass = passes.Enter();
        EnsureEvaluation();
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var logits = model.call((input.dim() == 3 ? input.unsqueeze(0) : input).to(type, device));
        if (logits.dim() != 2 || logits.size(1) != Labels.Count)
            throw new InvalidOperationException($"The model gives ({string.Join(", ", logits.shape)}), but there are {Labels.Count} labels: expected (N, {Labels.Count}).");

        var floats = logits.to(ScalarType.Float32);
        var probabilities = (Task == ClassificationTask.MultiLabel ? floats.sigmoid() : floats.softmax(1)).cpu().data<float>().ToArray();
        return [.. probabilities.Chunk(Labels.Count).Select(row => Best(row, top))];
    }

    private void EnsureEvaluation()
    {
        if (Array.Exists(modules, module => module.training)) model.eval();
    }

    // A span over the batch must not be longer than spans can be.
    private int BatchSize(BatchOptions options) =>
        (int)Math.Min(options.BatchSize, int.MaxValue / (sizeof(float) * Preset.GetInputShape().Aggregate((product, size) => product * size)));

    private BatchPipeline Prepare(IEnumerable<ImageSource> images, BatchOptions options, CancellationToken cancellation)
    {
        var (size, shape) = (BatchSize(options), Preset.GetInputShape());
        return new(
            images, () => new ImageBatch(size, shape),
            (batch, index) => ImageDecoder.Use(batch.Source(index), decoding, budget, image =>
            {
                Preset.Write(image, batch.Floats(index));
                return true;
            }),
            options.Decoders, options.Ahead, options.IsOrdered, cancellation);
    }

    private Classification[] ClassifyTogether(ImageBatch batch, BatchOptions options)
    {
        using var scope = NewDisposeScope();
        // An image that failed goes along as zeros: rare enough not to rebuild the batch for it.
        var predictions = batch.HasFailed ? [] : Predict(batch.Input, options.Top);
        return
        [
            .. Enumerable.Range(0, batch.Count).Select(index => new Classification(
                batch.Source(index).Name, batch.Error(index) is null ? predictions[index] : [], batch.Error(index))),
        ];
    }

    private Prediction[] Best(float[] probabilities, int top) =>
    [
        .. Enumerable.Range(0, probabilities.Length)
            .OrderByDescending(index => probabilities[index])
            .Take(top)
            .Select(index => new Prediction(index, Labels[index], probabilities[index])),
    ];
}
