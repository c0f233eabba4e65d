"""Writes the sample images and goldens of the image tests from PIL and torchvision.

    python3 scripts/goldens_images.py            needs torchvision 0.14 or later, PIL and numpy

Pixels and floats are compared to the bit, so the goldens hold hashes: of the bytes of PIL's convert("RGB") and
convert("L"), of resized bytes, and of the float32 tensors that torchvision's presets make.
"""
import hashlib
import io
import json
import pathlib
import struct
import zlib

import numpy as np
import PIL
import torchvision
from PIL import Image, ImageCms
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F
from torchvision.transforms._presets import ImageClassification

tests = pathlib.Path(__file__).resolve().parent.parent / "tests" / "Luma.Zoo.Tests"
folder = tests / "Images" / "Samples"
resamplings = {
    "nearest": InterpolationMode.NEAREST,
    "bilinear": InterpolationMode.BILINEAR,
    "bicubic": InterpolationMode.BICUBIC,
}


def scene(width, height, channels):
    """Smooth colours, hard edges and a little noise: what codecs and filters differ on."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    random = np.random.RandomState(width * height)
    planes = []
    for c in range(channels):
        plane = 127 + 90 * np.sin(x / (7 + 3 * c)) * np.cos(y / (11 - 2 * c)) + random.randint(-12, 13, (height, width))
        plane[(x - width / 3) ** 2 + (y - height / 2) ** 2 < (height / 4) ** 2] = 250 if c % 2 == 0 else 5
        planes.append(plane)
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def png16(pixels, colour):
    """A PNG of 16 bits a channel, which PIL does not write."""
    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + pixels[y].astype(">u2").tobytes() for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def gif(image, screen=None, at=(0, 0), colours=None, **options):
    """A GIF whose frame lies somewhere on a screen of another size, and whose palette has been cut off: PIL writes neither."""
    buffer = io.BytesIO()
    image.save(buffer, "GIF", **options)
    data = bytearray(buffer.getvalue())
    if screen:
        data[6:10] = struct.pack("<HH", *screen)
    if colours:
        bits = (data[10] & 7) + 1
        data[10] = data[10] & 0xF8 | colours.bit_length() - 2
        del data[13 + 3 * colours:13 + (3 << bits)]
    place = 13 + (3 << ((data[10] & 7) + 1))
    while data[place] == 0x21:
        place += 2
        while data[place]:
            place += 1 + data[place]
        place += 1
    data[place + 1:place + 5] = struct.pack("<HH", *at)
    return bytes(data)


def bmp16(pixels, green, header=40, upside_down=False):
    """A BMP of 16 bits a pixel, which PIL does not write."""
    height, width = pixels.shape[:2]
    red, blue = pixels[:, :, 0].astype(np.uint16) >> 3, pixels[:, :, 2].astype(np.uint16) >> 3
    words = red << 5 + green | pixels[:, :, 1].astype(np.uint16) >> 8 - green << 5 | blue
    rows = np.pad(words, ((0, 0), (0, width % 2))).astype("<u2")[::1 if upside_down else -1].tobytes()
    masks = struct.pack("<III", 0xF800, 0x7E0, 0x1F) if green == 6 else b""
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, 16)
    else:
        info = struct.pack("<IiiHHIIiiII", 40, width, -height if upside_down else height, 1, 16, 3 if masks else 0, len(rows), 0, 0, 0, 0) + masks
    start = 14 + len(info)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + info + rows


def write_samples():
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()

    def save(name, image, **options):
        image.save(folder / name, **options)

    rgb = Image.fromarray(scene(97, 61, 3))
    grey = Image.fromarray(scene(53, 71, 1)[:, :, 0])
    alpha = Image.fromarray(scene(45, 38, 4), "RGBA")
    save("rgb-420.jpg", rgb, quality=85)
    save("rgb-422.jpg", rgb, quality=80, subsampling="4:2:2")
    save("rgb-444.jpg", rgb, quality=95, subsampling="4:4:4")
    save("rgb-progressive.jpg", rgb, quality=75, progressive=True)
    save("grey.jpg", grey, quality=85)
    save("cmyk.jpg", Image.fromarray(scene(40, 40, 4), "CMYK"), quality=85)
    exif = Image.Exif()
    exif[0x0112] = 6
    save("exif-turned.jpg", rgb, quality=85, exif=exif)
    # Red and blue swapped: what applies the profile gives other colours.
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace(b"rXYZ", b"swap").replace(b"bXYZ", b"rXYZ").replace(b"swap", b"bXYZ")
    save("profile.jpg", rgb, quality=85, icc_profile=profile)
    save("profile.png", rgb.crop((0, 0, 40, 30)), icc_profile=profile)
    save("rgb.png", rgb)
    save("grey.png", grey)
    save("grey-alpha.png", alpha.convert("LA"))
    save("rgb-alpha.png", alpha)
    save("palette.png", rgb.quantize(37))
    transparent = rgb.quantize(16)
    save("palette-transparent.png", transparent, transparency=bytes(range(0, 256, 16)))
    save("rgb-transparent.png", rgb, transparency=rgb.getpixel((3, 3)))
    save("bits-1.png", grey.convert("1"))
    save("bits-4.png", grey.quantize(9), bits=4)
    wide = scene(33, 29, 4).astype(np.uint16) * 251 + 77
    (folder / "rgb-16.png").write_bytes(png16(wide[:, :, :3], 2))
    (folder / "rgb-alpha-16.png").write_bytes(png16(wide, 6))
    (folder / "grey-16.png").write_bytes(png16(wide[:, :, :1], 0))
    (folder / "grey-alpha-16.png").write_bytes(png16(wide[:, :, :2], 4))
    save("rgb.bmp", rgb)
    save("palette.gif", rgb.quantize(32))
    save("rgb.webp", rgb, quality=80)
    save("lossless.webp", rgb, lossless=True)
    small = rgb.crop((10, 5, 50, 35)).quantize(16)
    for name, data in {
        "transparent.gif": gif(rgb.quantize(16), transparency=5),
        "offset.gif": gif(small, (97, 61), (20, 10)),
        "offset-transparent.gif": gif(small, (97, 61), (20, 10), transparency=7),
        "offset-plain-rows.gif": gif(small, (60, 61), (0, 31), interlace=0, background=3),
        "beyond-the-screen.gif": gif(small, (30, 20), (15, 3), transparency=2),
        "few-colours.gif": gif(small, (64, 40), (1, 1), colours=4),
        "grey.gif": gif(grey, transparency=9),
        "animated.gif": gif(rgb.quantize(16), save_all=True, append_images=[small], transparency=4, disposal=2),
    }.items():
        (folder / name).write_bytes(data)
    for name, data in {
        "bits-555.bmp": bmp16(np.asarray(rgb), 5),
        "bits-565.bmp": bmp16(np.asarray(rgb), 6),
        "bits-565-upside-down.bmp": bmp16(np.asarray(rgb), 6, upside_down=True),
        "bits-555-old.bmp": bmp16(np.asarray(rgb), 5, header=12),
    }.items():
        (folder / name).write_bytes(data)
    save("one-pixel.png", Image.new("RGB", (1, 1), (1, 2, 3)))
    save("line.png", Image.fromarray(scene(300, 2, 3)))


def digest(data):
    return hashlib.sha256(data).hexdigest()


def floats(tensor):
    return digest(tensor.contiguous().numpy().astype("<f4").tobytes())


def write_goldens():
    names = sorted(path.name for path in folder.iterdir())
    decoded = []
    for name in names:
        rgb, grey = Image.open(folder / name).convert("RGB"), Image.open(folder / name).convert("L")
        if name == "grey-16.png":
            # PIL cuts 16-bit grey off at 255, which leaves it all but white. The high byte, as in every other 16-bit file, is right.
            grey = Image.fromarray((np.asarray(Image.open(folder / name)).astype(np.uint16) >> 8).astype(np.uint8))
            rgb = grey.convert("RGB")
        decoded.append({"file": name, "width": rgb.width, "height": rgb.height,
                        "rgb": digest(rgb.tobytes()), "grey": digest(grey.tobytes())})

    resized = []
    for name in ["rgb.png", "line.png", "grey.png", "one-pixel.png"]:
        image = Image.open(folder / name).convert("RGB")
        for width, height in [(24, 24), (97, 20), (20, 61), (224, 131), (33, 300), (96, 62), (1, 1)]:
            for how, mode in resamplings.items():
                for channels, source in ((3, image), (1, image.convert("L"))):
                    out = F.resize(source, [height, width], interpolation=mode)
                    resized.append({"file": name, "width": width, "height": height, "interpolation": how,
                                    "channels": channels, "pixels": digest(out.tobytes())})

    presets = []
    settings = [([256], [224], "bilinear"), ([232], [224], "bilinear"), ([224], [224], "bicubic"), ([64], [71], "bicubic"),
                ([61], [48], "bilinear"), ([30], [25], "nearest"), ([28], [32], "bilinear"), ([40, 50], [33, 64], "bicubic")]
    for name in ["rgb-420.jpg", "rgb.png", "exif-turned.jpg", "cmyk.jpg", "line.png", "palette.png", "grey.jpg"]:
        for resize, crop, how in settings:
            preset = ImageClassification(crop_size=crop[0], resize_size=resize[0], interpolation=resamplings[how])
            preset.resize_size, preset.crop_size = resize, crop
            image = Image.open(folder / name)
            entry = {"resize_size": resize, "crop_size": crop, "interpolation": how}
            presets.append({"file": name, "preset": {**entry, "channels": 3, "mean": preset.mean, "std": preset.std},
                            "tensor": floats(preset(image.convert("RGB")))})
            preset.mean, preset.std = [0.1307], [0.3081]
            presets.append({"file": name, "preset": {**entry, "channels": 1, "mean": preset.mean, "std": preset.std},
                            "tensor": floats(preset(image.convert("L")))})

    # PIL's draft: a JPEG decoded at a part of its size, where that is still twice as large as needed.
    drafts = []
    for name in ["rgb-420.jpg", "rgb-444.jpg", "rgb-progressive.jpg", "grey.jpg", "cmyk.jpg"]:
        for part in (2, 4, 8):
            image = Image.open(folder / name)
            resize = min(image.size) // (2 * part)
            image.draft(None, (image.width // part, image.height // part))
            preset = ImageClassification(crop_size=resize, resize_size=resize)
            drafts.append({"file": name, "resize": resize, "width": image.width, "tensor": floats(preset(image.convert("RGB")))})

    goldens = {"about": f"Written by scripts/goldens_images.py with PIL {PIL.__version__} and torchvision {torchvision.__version__}.",
               "decoded": decoded, "resized": resized, "presets": presets, "drafts": drafts}
    lines = json.dumps(goldens, separators=(",", ":")).replace('{"file"', '\n{"file"')
    (tests / "Goldens").mkdir(exist_ok=True)
    (tests / "Goldens" / "images.json").write_text(lines + "\n")


write_samples()
write_goldens()
