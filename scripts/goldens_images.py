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

    goldens = {"about": f"Written by scripts/goldens_images.py with PIL {PIL.__version__} and torchvision {torchvision.__version__}.",
               "decoded": decoded, "resized": resized, "presets": presets}
    lines = json.dumps(goldens, separators=(",", ":")).replace('{"file"', '\n{"file"')
    (tests / "Goldens").mkdir(exist_ok=True)
    (tests / "Goldens" / "images.json").write_text(lines + "\n")


write_samples()
write_goldens()
