"""Writes an image of every kind, with what PIL makes of it: for the table in docs/images.md and for the tests.

    python3 scripts/image_table.py FOLDER        images, PIL's pixels beside them as FILE.rgb, and manifest.json
    python3 scripts/image_table.py --goldens     tests/Luma.Zoo.Tests/Goldens/pictures.zip: the images, and hashes of PIL's pixels

Needs PIL 11.1 and numpy, cjpeg and jpegtran (libjpeg-turbo-progs), tiffcp (libtiff-tools). The tests compare
the images with PIL; docs/images.md lists them.

"turned" is convert("RGB") of ImageOps.exif_transpose, "plain" is convert("RGB") alone, "right" is what the file holds by its format's
rules where PIL makes something else of it, or nothing.
"""
import hashlib
import io
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import warnings
import zipfile
import zlib

import numpy as np
import PIL
from PIL import Image, ImageCms, ImageOps

warnings.simplefilter("ignore")
images = []


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


def saved(image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def pixels(data, turn):
    """PIL's pixels, or None where it refuses the file."""
    try:
        image = Image.open(io.BytesIO(data))
        return np.asarray((ImageOps.exif_transpose(image) if turn else image).convert("RGB"))
    except Exception:
        return None


def add(format, kind, name, data, right=None, turned_only=False):
    assert name not in [image["file"] for image in images], name
    plain, turned = pixels(data, False), pixels(data, True)
    # PIL raises for the strangest EXIF data; the picture is all right.
    turned = plain if turned is None else turned
    images.append({"file": name, "format": format, "kind": kind, "data": data, "plain": plain, "turned": turned,
                   "right": right if right is None or right.ndim == 3 else np.repeat(right[:, :, None], 3, 2)})


def run(program, data, *arguments, suffix=""):
    with tempfile.TemporaryDirectory() as folder:
        source, target = pathlib.Path(folder, "in" + suffix), pathlib.Path(folder, "out" + suffix)
        source.write_bytes(data)
        if program == "tiffcp":
            subprocess.run([program, *arguments, str(source), str(target)], check=True, stderr=subprocess.DEVNULL)
        else:
            subprocess.run([program, *arguments, "-outfile", str(target), str(source)], check=True)
        return target.read_bytes()


# Orientation

def tiff_directory(entries, order="<", magic=None, next_directory=0, start=8, tail=b""):
    """A directory; an entry is (tag, type, count, four bytes of value)."""
    head = (b"II" if order == "<" else b"MM") + (struct.pack(order + "H", 42) if magic is None else magic) + struct.pack(order + "I", start)
    body = struct.pack(order + "H", len(entries))
    for tag, kind, count, value in entries:
        body += struct.pack(order + "HHI", tag, kind, count) + value.ljust(4, b"\0")
    return head + body + struct.pack(order + "I", next_directory) + tail


def turned(value, order="<", kind=3, count=1, **options):
    codes = {1: "B", 2: "B", 3: "H", 4: "I", 6: "b", 7: "B", 8: "h", 9: "i", 11: "f", 13: "I"}
    return tiff_directory([(0x112, kind, count, struct.pack(order + codes[kind], value))], order, **options)


def app1(data):
    return b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data


def jpeg_with(*segments):
    data = saved(Image.fromarray(scene(13, 8, 3)), "JPEG", quality=80)
    return data[:2] + b"".join(segments) + data[2:]


def jpeg_exif(data):
    return jpeg_with(app1(b"Exif\0\0" + data))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with(*before, after=b""):
    data = saved(Image.fromarray(scene(13, 8, 3)), "PNG")
    start, end = data.index(b"IDAT") - 4, data.index(b"IEND") - 4
    return data[:start] + b"".join(before) + data[start:end] + after + data[end:]


def riff(kind, data):
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)


def webp_with(flags, *chunks, extended=True):
    data = saved(Image.fromarray(scene(13, 8, 3)), "WEBP", lossless=True)
    body = data[12:]
    if extended:
        body = riff(b"VP8X", struct.pack("<I", flags) + struct.pack("<I", 12)[:3] + struct.pack("<I", 7)[:3]) + body
    body += b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


XMP = (b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description %s></rdf:Description></rdf:RDF></x:xmpmeta>')


def orientations():
    for value in range(1, 9):
        exif = Image.Exif()
        exif[0x112] = value
        for format, ending, options in (("JPEG", "jpg", {"quality": 80}), ("PNG", "png", {}), ("WebP", "webp", {"lossless": True})):
            image = Image.fromarray(scene(13, 8, 3))
            add(format, "EXIF orientation", f"exif-{value}.{ending}", saved(image, format, exif=exif, **options))
            big = Image.fromarray(scene(67, 45, 3)) if value == 6 else None
            if big:
                add(format, "EXIF orientation", f"exif-{value}-larger.{ending}", saved(big, format, exif=exif, **options))

    beyond = (0x10F, 2, 100, struct.pack("<I", 5000))
    right = (0x112, 3, 1, struct.pack("<H", 6))
    odd = {
        "big-endian": turned(6, ">"), "zero": turned(0), "nine": turned(9), "most": turned(65535),
        "long": turned(6, kind=4), "byte": turned(6, kind=1), "text": turned(ord("6"), kind=2), "undefined": turned(6, kind=7),
        "signed-byte": turned(6, kind=6), "signed-short": turned(6, kind=8), "signed-long": turned(6, kind=9), "negative": turned(-6, kind=9),
        "float": turned(6.0, kind=11), "no-whole-float": turned(6.5, kind=11), "directory-type": turned(6, kind=13),
        "rational": tiff_directory([(0x112, 5, 1, struct.pack("<I", 26))], tail=struct.pack("<II", 12, 2)),
        "rational-by-zero": tiff_directory([(0x112, 5, 1, struct.pack("<I", 26))], tail=struct.pack("<II", 12, 0)),
        "double": tiff_directory([(0x112, 12, 1, struct.pack("<I", 26))], tail=struct.pack("<d", 8.0)),
        "count-0": turned(6, count=0), "count-2": tiff_directory([(0x112, 3, 2, struct.pack("<HH", 6, 3))]),
        "count-3": tiff_directory([(0x112, 3, 3, struct.pack("<I", 26))], tail=struct.pack("<HHH", 8, 3, 1)),
        "count-most": turned(6, count=0xFFFFFFFF),
        "unknown-type": tiff_directory([(0x112, 99, 1, b"\6"), right]), "twice": tiff_directory([right, (0x112, 3, 1, b"\3\0")]),
        "twice-one-nine": tiff_directory([right, (0x112, 3, 1, b"\x09\0")]),
        "beyond-the-end-before": tiff_directory([beyond, right]), "beyond-the-end-after": tiff_directory([right, beyond]),
        "swapped-magic": turned(6, magic=b"\0\x2a"), "swapped-magic-big": turned(6, ">", magic=b"\x2a\0"),
        "big-tiff": turned(6, magic=b"\x2b\0"), "big-tiff-big": turned(6, ">", magic=b"\0\x2b"), "no-magic": turned(6, magic=b"ab"),
        "loop": turned(6, next_directory=8), "loop-without": tiff_directory([(0x10F, 3, 1, b"\1")], next_directory=8),
        "start-beyond": turned(6, start=4000), "start-most": turned(6, start=0xFFFFFFFF), "start-at-header": turned(6, start=0),
        "too-many-entries": turned(6)[:8] + b"\xff\xff" + turned(6)[10:], "cut-in-entry": turned(6)[:17], "cut-after-entry": turned(6)[:22],
        "header-alone": turned(6)[:8], "half-a-header": turned(6)[:5], "empty": b"", "named-twice": b"Exif\0\0" + turned(6),
        "sub-directory": tiff_directory([(0x8769, 4, 1, struct.pack("<I", 26))], tail=turned(6)[8:]),
    }
    for name, exif in odd.items():
        add("JPEG", "odd EXIF data", f"exif-{name}.jpg", jpeg_exif(exif))
    for name in ("big-endian", "nine", "long", "loop", "named-twice", "start-most", "rational"):
        add("PNG", "odd EXIF data", f"exif-{name}.png", png_with(chunk(b"eXIf", odd[name])))
        add("WebP", "odd EXIF data", f"exif-{name}.webp", webp_with(8, riff(b"EXIF", odd[name])))

    xmp = {"attribute": XMP % b'tiff:Orientation="6"', "element": XMP % b"><tiff:Orientation>8</tiff:Orientation", "quotes": XMP % b"tiff:Orientation='6'",
           "later": XMP % b'tiff:Orientation="x" tiff:Orientation="3"'}
    six, none = app1(b"Exif\0\0" + turned(6)), tiff_directory([(0x10F, 3, 1, b"\1")])
    long = tiff_directory([(0x112, 5, 1, struct.pack("<I", 26))], tail=struct.pack("<II", 6, 1))
    for name, data in {
        "two-segments": jpeg_with(six, app1(b"Exif\0\0" + turned(3))),
        "split-segments": jpeg_with(app1(b"Exif\0\0" + long[:20]), app1(b"Exif\0\0" + long[20:])),
        "other-segment-first": jpeg_with(app1(b"http://ns.adobe.com/xap/1.0/\0" + xmp["attribute"]), six),
        "junk-between": jpeg_with(b"\xff\xff\xff", six), "xmp-alone": jpeg_with(app1(b"http://ns.adobe.com/xap/1.0/\0" + xmp["attribute"])),
        "comment": jpeg_with(b"\xff\xfe" + struct.pack(">H", 5) + b"abc", six),
        "after-the-scan": saved(Image.fromarray(scene(13, 8, 3)), "JPEG", quality=80)[:-2] + six + b"\xff\xd9",
    }.items():
        add("JPEG", "odd EXIF data", f"exif-{name}.jpg", data)

    def itxt(value, packed=0):
        return chunk(b"iTXt", b"XML:com.adobe.xmp\0" + bytes([packed, 0]) + b"\0\0" + value)

    profile = b"\nexif\n%8d\n%s\n" % (len(turned(6)) + 6, (b"Exif\0\0" + turned(6)).hex().encode())
    for name, data in {
        "after-pixels": png_with(after=chunk(b"eXIf", turned(6))),
        "two-chunks": png_with(chunk(b"eXIf", turned(6)), chunk(b"eXIf", turned(3))),
        "xmp": png_with(itxt(xmp["attribute"])), "xmp-element": png_with(itxt(xmp["element"])), "xmp-quotes": png_with(itxt(xmp["quotes"])),
        "xmp-later": png_with(itxt(xmp["later"])), "xmp-packed": png_with(itxt(zlib.compress(xmp["attribute"]), 1)),
        "xmp-and-exif": png_with(itxt(xmp["attribute"]), chunk(b"eXIf", turned(3))),
        "xmp-and-exif-nine": png_with(itxt(xmp["attribute"]), chunk(b"eXIf", turned(9))),
        "xmp-and-exif-without": png_with(itxt(xmp["attribute"]), chunk(b"eXIf", none)),
        "xmp-plain-text": png_with(chunk(b"tEXt", b"XML:com.adobe.xmp\0" + xmp["attribute"])),
        "profile": png_with(chunk(b"tEXt", b"Raw profile type exif\0" + profile)),
        "profile-packed": png_with(chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(profile))),
        "profile-and-chunk": png_with(chunk(b"tEXt", b"Raw profile type exif\0" + profile), chunk(b"eXIf", turned(3))),
    }.items():
        add("PNG", "odd EXIF data", f"exif-{name}.png", data)
    for name, data in {
        "no-flag": webp_with(0, riff(b"EXIF", turned(6))), "not-extended": webp_with(0, riff(b"EXIF", turned(6)), extended=False),
        "xmp": webp_with(4, riff(b"XMP ", xmp["attribute"])), "two-chunks": webp_with(8, riff(b"EXIF", turned(6)), riff(b"EXIF", turned(3))),
        "unknown-first": webp_with(8, riff(b"ABCD", b"xyz"), riff(b"EXIF", turned(6))),
    }.items():
        add("WebP", "odd EXIF data", f"exif-{name}.webp", data)


# What Skia reads

def png_of(rows, width, height, depth, colour, *chunks):
    raw = b"".join(b"\0" + row for row in rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)) + b"".join(chunks)
            + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


def interlaced(array):
    """Adam7, which PIL does not write. Eight bits a channel."""
    height, width, channels = array.shape
    raw = b""
    for x, y, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
        part = array[y::dy, x::dx]
        if part.size:
            raw += b"".join(b"\0" + row.tobytes() for row in part)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2, 4: 6}[channels], 0, 0, 1))
            + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


def bits(values, depth):
    """Rows of numbers, packed from the high bits down."""
    flat = ((values[:, :, None] >> np.arange(depth - 1, -1, -1)) & 1).reshape(values.shape[0], -1).astype(np.uint8)
    return [np.packbits(row).tobytes() for row in flat]


def swapped_profile():
    """Red and blue swapped: what applies the profile gives other colours."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"swap").replace(b"bXYZ", b"rXYZ").replace(b"swap", b"bXYZ")


def skia():
    array, alpha = scene(37, 29, 3), scene(37, 29, 4)
    rgb, grey = Image.fromarray(array), Image.fromarray(array[:, :, 0])
    ppm = b"P6 37 29 255\n" + array.tobytes()
    for kind, name, data in (
        ("baseline, 4:2:0", "420", saved(rgb, "JPEG", quality=85)), ("4:2:2", "422", saved(rgb, "JPEG", quality=85, subsampling="4:2:2")),
        ("4:4:4", "444", saved(rgb, "JPEG", quality=95, subsampling="4:4:4")), ("4:1:1", "411", run("cjpeg", ppm, "-sample", "4x1")),
        ("4:4:0", "440", run("cjpeg", ppm, "-sample", "1x2")), ("4:1:0", "410", run("cjpeg", ppm, "-sample", "4x2")),
        ("luma subsampled, chroma not", "luma", run("cjpeg", ppm, "-sample", "1x1,2x2,2x2")),
        ("progressive", "progressive", saved(rgb, "JPEG", quality=80, progressive=True)), ("grey", "grey", saved(grey, "JPEG", quality=85)),
        ("restart markers", "restart", run("cjpeg", ppm, "-restart", "1")), ("restart markers in every block", "restart-blocks", run("cjpeg", ppm, "-restart", "1B")),
        ("arithmetic coding", "arithmetic", run("cjpeg", ppm, "-arithmetic")), ("RGB without transform", "rgb", run("cjpeg", ppm, "-rgb")),
        ("CMYK, Adobe", "cmyk", saved(Image.fromarray(alpha, "CMYK"), "JPEG", quality=85)),
        ("YCCK, Adobe", "ycck", saved(Image.fromarray(alpha, "CMYK"), "JPEG", quality=85).replace(b"Adobe\0d\0\0\0\0\0", b"Adobe\0d\0\0\0\0\2")),
        ("with a profile", "profile", saved(rgb, "JPEG", quality=85, icc_profile=swapped_profile())),
        ("quality 1", "worst", saved(rgb, "JPEG", quality=1)), ("16-bit quantisation tables", "tables-16", run("cjpeg", ppm, "-quality", "1")),
    ):
        add("JPEG", kind, f"{name}.jpg", data)

    wide = scene(37, 29, 4).astype(np.uint16) * 251 + 77
    rows16 = lambda a: [row.astype(">u2").tobytes() for row in a]
    palette = chunk(b"PLTE", scene(16, 16, 3).tobytes())
    add("PNG", "RGB", "rgb.png", saved(rgb, "PNG"))
    add("PNG", "RGB, alpha", "rgba.png", saved(Image.fromarray(alpha), "PNG"))
    add("PNG", "RGB, transparent colour", "trns-rgb.png", saved(rgb, "PNG", transparency=rgb.getpixel((3, 3))))
    add("PNG", "grey", "grey.png", saved(grey, "PNG"))
    add("PNG", "grey, alpha", "grey-alpha.png", saved(Image.fromarray(alpha).convert("LA"), "PNG"))
    add("PNG", "grey, transparent level", "trns-grey.png", saved(grey, "PNG", transparency=grey.getpixel((3, 3))))
    for depth in (1, 2, 4):
        values = array[:, :, 0] >> 8 - depth
        add("PNG", f"grey, {depth} bit", f"grey-{depth}.png", png_of(bits(values, depth), 37, 29, depth, 0))
        add("PNG", f"palette, {depth} bit", f"palette-{depth}.png", png_of(bits(values, depth), 37, 29, depth, 3, chunk(b"PLTE", scene(16, 16, 3).tobytes()[:3 << depth])))
    add("PNG", "palette, 8 bit", "palette-8.png", png_of([r.tobytes() for r in array[:, :, 1]], 37, 29, 8, 3, palette))
    add("PNG", "palette, 8 bit, alpha", "palette-8-alpha.png", png_of([r.tobytes() for r in array[:, :, 1]], 37, 29, 8, 3, palette, chunk(b"tRNS", bytes(range(256)))))
    add("PNG", "RGB, 16 bit", "rgb-16.png", png_of(rows16(wide[:, :, :3]), 37, 29, 16, 2))
    add("PNG", "RGB, alpha, 16 bit", "rgba-16.png", png_of(rows16(wide), 37, 29, 16, 6))
    add("PNG", "grey, 16 bit", "grey-16.png", png_of(rows16(wide[:, :, 0]), 37, 29, 16, 0), (wide[:, :, 0] >> 8).astype(np.uint8))
    add("PNG", "grey, alpha, 16 bit", "grey-alpha-16.png", png_of(rows16(wide[:, :, :2]), 37, 29, 16, 4))
    add("PNG", "interlaced RGB", "interlaced.png", interlaced(array))
    add("PNG", "interlaced RGB, alpha", "interlaced-alpha.png", interlaced(alpha))
    add("PNG", "interlaced, 3 by 2", "interlaced-small.png", interlaced(array[:2, :3]))
    add("PNG", "with a profile", "profile.png", saved(rgb, "PNG", icc_profile=swapped_profile()))
    add("PNG", "with gamma", "gamma.png", png_of([r.tobytes() for r in array], 37, 29, 8, 2, chunk(b"gAMA", struct.pack(">I", 100000))))
    add("PNG", "animated", "animated.png", saved(rgb, "PNG", save_all=True, append_images=[Image.fromarray(255 - array)]))

    small = Image.fromarray(255 - array).crop((5, 4, 30, 20))
    add("WebP", "lossy", "lossy.webp", saved(rgb, "WEBP", quality=70))
    add("WebP", "lossy, alpha", "lossy-alpha.webp", saved(Image.fromarray(alpha), "WEBP", quality=70))
    add("WebP", "lossless", "lossless.webp", saved(rgb, "WEBP", lossless=True))
    add("WebP", "lossless, alpha", "lossless-alpha.webp", saved(Image.fromarray(alpha), "WEBP", lossless=True, exact=True))
    add("WebP", "lossless, few colours", "lossless-palette.webp", saved(rgb.quantize(7).convert("RGB"), "WEBP", lossless=True))
    add("WebP", "animated, lossy", "animated.webp", saved(rgb, "WEBP", save_all=True, append_images=[Image.fromarray(255 - array)]))
    add("WebP", "animated, lossless", "animated-lossless.webp", saved(rgb, "WEBP", save_all=True, append_images=[small.resize(rgb.size)], lossless=True))
    add("WebP", "animated, alpha", "animated-alpha.webp", saved(Image.fromarray(alpha), "WEBP", save_all=True, append_images=[Image.fromarray(255 - alpha)], lossless=True))
    add("WebP", "with a profile", "profile.webp", saved(rgb, "WEBP", lossless=True, icc_profile=swapped_profile()))

    few = rgb.quantize(16)
    add("GIF", "palette", "palette.gif", saved(few, "GIF"))
    add("GIF", "not interlaced", "plain.gif", saved(few, "GIF", interlace=0))
    add("GIF", "grey", "grey.gif", saved(grey, "GIF"))
    add("GIF", "transparent", "transparent.gif", saved(few, "GIF", transparency=3))
    add("GIF", "animated", "animated.gif", saved(few, "GIF", save_all=True, append_images=[Image.fromarray(255 - array).quantize(16)]))
    add("GIF", "animated, transparent, disposal", "animated-disposal.gif", saved(few, "GIF", save_all=True, append_images=[small.quantize(8)], transparency=2, disposal=2))
    add("GIF", "two colours", "two.gif", saved(grey.convert("1"), "GIF"))

    def bmp(rows, depth, palette=b"", compression=0, masks=b"", header=40, height=29, width=37):
        rows = rows if compression in (1, 2) else b"".join(row + b"\0" * (-len(row) % 4) for row in rows)
        info = struct.pack("<IiiHHIIiiII", header, width, height, 1, depth, compression, len(rows), 2835, 2835, len(palette) // 4, 0) + masks
        info = info.ljust(header, b"\0") if header > 40 else info
        start = 14 + len(info) + len(palette)
        return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + info + palette + rows

    up = array[::-1]
    quad = b"".join(bytes(entry) + b"\0" for entry in scene(16, 16, 3).reshape(-1, 3))
    bgr = np.ascontiguousarray(up[:, :, ::-1])
    bgra = np.ascontiguousarray(alpha[::-1][:, :, [2, 1, 0, 3]])
    add("BMP", "24 bit", "24.bmp", bmp([r.tobytes() for r in bgr], 24))
    add("BMP", "24 bit, top down", "24-top-down.bmp", bmp([r.tobytes() for r in bgr[::-1]], 24, height=-29))
    add("BMP", "32 bit", "32.bmp", bmp([r.tobytes() for r in bgra], 32))
    add("BMP", "32 bit, masks", "32-masks.bmp", bmp([r.tobytes() for r in bgra], 32, compression=3, masks=struct.pack("<III", 0xFF0000, 0xFF00, 0xFF)))
    add("BMP", "32 bit, masks with alpha", "32-alpha.bmp",
        bmp([r.tobytes() for r in bgra], 32, compression=3, masks=struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000), header=124))
    for depth in (1, 4, 8):
        add("BMP", f"{depth} bit, palette", f"{depth}.bmp", bmp(bits(up[:, :, 0] >> 8 - depth, depth), depth, quad[:4 << depth]))
    add("BMP", "8 bit, few colours", "8-few.bmp", bmp(bits(up[:, :, 0] >> 4, 8), 8, quad[:64]))
    run8 = b"".join(b"".join(bytes([1, value]) for value in row) + b"\0\0" for row in (up[:, :, 0] >> 4)) + b"\0\1"
    add("BMP", "8 bit, run lengths", "8-rle.bmp", bmp(run8, 8, quad, 1))
    flat = (up[:, :, 0] >> 6).astype(np.uint8)
    run4 = b"".join(b"".join(bytes([1, value << 4]) for value in row) + b"\0\0" for row in flat) + b"\0\1"
    add("BMP", "4 bit, run lengths", "4-rle.bmp", bmp(run4, 4, quad[:64], 2))
    word = (up[:, :, 0].astype(np.uint16) >> 3 << 11) | (up[:, :, 1].astype(np.uint16) >> 2 << 5) | up[:, :, 2] >> 3
    five = (up[:, :, 0].astype(np.uint16) >> 3 << 10) | (up[:, :, 1].astype(np.uint16) >> 3 << 5) | up[:, :, 2] >> 3
    add("BMP", "16 bit, 5-5-5", "16-555.bmp", bmp([r.astype("<u2").tobytes() for r in five], 16))
    add("BMP", "16 bit, 5-6-5", "16-565.bmp", bmp([r.astype("<u2").tobytes() for r in word], 16, compression=3, masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F)))


# What Skia lacks

def tiff(data, width, height, depths, photometric, samples=1, order="<", extra=(), rows=None, compression=1, predictor=None):
    """One strip, or several of some rows each where the data are a list."""
    strips = data if isinstance(data, list) else [data]
    entries = {256: (4, [width]), 257: (4, [height]), 258: (3, depths), 259: (3, [compression]), 262: (3, [photometric]),
               273: (4, []), 277: (3, [samples]), 278: (4, [rows or height]), 279: (4, [len(strip) for strip in strips]), **dict(extra)}
    if predictor:
        entries[317] = (3, [predictor])
    body, at = b"", 8
    places = []
    for strip in strips:
        places.append(at + len(body))
        body += strip + b"\0" * (len(strip) & 1)
    entries[273] = (4, places)
    at += len(body)
    table, tail = b"", b""
    after = at + 2 + 12 * len(entries) + 4
    for tag in sorted(entries):
        kind, values = entries[tag]
        packed = b"".join(struct.pack(order + {1: "B", 3: "H", 4: "I"}[kind], value) for value in values)
        if len(packed) > 4:
            pointer = struct.pack(order + "I", after + len(tail))
            tail += packed + b"\0" * (len(packed) & 1)
            packed = pointer
        table += struct.pack(order + "HHI", tag, kind, len(values)) + packed.ljust(4, b"\0")
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, at)
    return head + body + struct.pack(order + "H", len(entries)) + table + struct.pack(order + "I", 0) + tail


def tiffs():
    array, alpha = scene(37, 29, 3), scene(37, 29, 4)
    wide = scene(37, 29, 4).astype(np.uint16) * 251 + 77
    grey, high = array[:, :, 0], (wide[:, :, 0] >> 8).astype(np.uint8)
    colours = [int(v) * 257 for v in scene(16, 16, 3).reshape(-1, 3).T.reshape(-1)]
    map_of = lambda depth: [int(v) * 257 for v in scene(16, 16, 3).reshape(-1, 3)[:1 << depth].T.reshape(-1)]
    unassociated, associated, unspecified = {338: (3, [2])}.items(), {338: (3, [1])}.items(), {338: (3, [0])}.items()
    ink = (alpha.astype(np.float64) * 0.6).astype(np.uint8)
    bases = {
        "rgb": ("RGB", tiff(array.tobytes(), 37, 29, [8] * 3, 2, 3), None),
        "rgba": ("RGB, alpha", tiff(alpha.tobytes(), 37, 29, [8] * 4, 2, 4, extra=unassociated), None),
        "rgbx": ("RGB, a fourth channel", tiff(alpha.tobytes(), 37, 29, [8] * 4, 2, 4, extra=unspecified), None),
        "rgb-premultiplied": ("RGB, premultiplied alpha", tiff(alpha.tobytes(), 37, 29, [8] * 4, 2, 4, extra=associated), None),
        "rgb-16": ("RGB, 16 bit", tiff(wide[:, :, :3].astype("<u2").tobytes(), 37, 29, [16] * 3, 2, 3), (wide[:, :, :3] >> 8).astype(np.uint8)),
        "rgba-16": ("RGB, alpha, 16 bit", tiff(wide.astype("<u2").tobytes(), 37, 29, [16] * 4, 2, 4, extra=unassociated), (wide[:, :, :3] >> 8).astype(np.uint8)),
        "grey": ("grey", tiff(grey.tobytes(), 37, 29, [8], 1), None),
        "grey-inverted": ("grey, white is zero", tiff(grey.tobytes(), 37, 29, [8], 0), None),
        "grey-alpha": ("grey, alpha", tiff(alpha[:, :, :2].tobytes(), 37, 29, [8] * 2, 1, 2, extra=unassociated), None),
        "grey-16": ("grey, 16 bit", tiff(wide[:, :, 0].astype("<u2").tobytes(), 37, 29, [16], 1), high),
        "palette": ("palette", tiff(grey.tobytes(), 37, 29, [8], 3, extra={320: (3, colours)}.items()), None),
        "cmyk": ("CMYK", tiff(ink.tobytes(), 37, 29, [8] * 4, 5, 4), None),
        "cmyk-16": ("CMYK, 16 bit", tiff((ink.astype(np.uint16) * 257).astype("<u2").tobytes(), 37, 29, [16] * 4, 5, 4), None),
        "lab": ("L*a*b*", tiff(array.tobytes(), 37, 29, [8] * 3, 8, 3), None),
        "float": ("grey, floating point", tiff((grey.astype("<f4") * 1.1 - 9).tobytes(), 37, 29, [32], 1, extra={339: (3, [3])}.items()), None),
        "grey-16-signed": ("grey, signed 16 bit", tiff(wide[:, :, 0].astype("<u2").tobytes(), 37, 29, [16], 1, extra={339: (3, [2])}.items()), None),
        "grey-32": ("grey, 32 bit", tiff((grey.astype("<u4") * 16843009).tobytes(), 37, 29, [32], 1), grey),
    }
    for depth in (1, 2, 4):
        rows = b"".join(bits(grey >> 8 - depth, depth))
        bases[f"grey-{depth}"] = (f"grey, {depth} bit", tiff(rows, 37, 29, [depth], 1), None)
        bases[f"inverted-{depth}"] = (f"grey, {depth} bit, white is zero", tiff(rows, 37, 29, [depth], 0), None)
        bases[f"palette-{depth}"] = (f"palette, {depth} bit", tiff(rows, 37, 29, [depth], 3, extra={320: (3, map_of(depth))}.items()), None)
    for name, (kind, data, right) in bases.items():
        add("TIFF", kind, f"{name}.tif", data, right)

    def copies(name, ways):
        kind, data, right = bases[name]
        for way, arguments in ways.items():
            # tiffcp does not do everything: planes of 16 bits apart, for one.
            try:
                copy = run("tiffcp", data, *arguments, suffix=".tif")
            except subprocess.CalledProcessError:
                print("left out:", kind, way)
                continue
            add("TIFF", f"{kind}, {way}", f"{name}-{way}.tif".replace(" ", "-").replace(",", ""), copy, right)

    packings = {"LZW": ["-c", "lzw"], "LZW, predictor": ["-c", "lzw:2"], "deflate": ["-c", "zip"], "deflate, predictor": ["-c", "zip:2"],
                "PackBits": ["-c", "packbits"]}
    tiles = {f"tiles, {way}": ["-t", "-w", "16", "-l", "16", *arguments] for way, arguments in packings.items()} | {
        "tiles": ["-t", "-w", "16", "-l", "32", "-c", "none"]}
    layouts = {"strips of 7 rows": ["-r", "7", "-c", "lzw:2"], "planes apart": ["-p", "separate", "-c", "lzw:2", "-r", "7"],
               "planes apart, tiles": ["-p", "separate", "-t", "-w", "16", "-l", "16", "-c", "zip:2"],
               "big-endian": ["-B", "-c", "zip:2"], "BigTIFF": ["-8", "-c", "lzw"], "bits reversed": ["-f", "lsb2msb", "-c", "packbits"]}
    copies("rgb", packings | tiles | layouts)
    copies("rgb-16", {key: packings[key] for key in ("LZW, predictor", "deflate, predictor")} | {"tiles, LZW, predictor": tiles["tiles, LZW, predictor"]} | layouts)
    copies("grey-16", packings | {"tiles, deflate, predictor": tiles["tiles, deflate, predictor"], "big-endian": ["-B", "-c", "zip:2"], "big-endian, not packed": ["-B", "-c", "none"]})
    copies("grey", packings | {"tiles, LZW": tiles["tiles, LZW"]})
    copies("grey-1", packings | {"tiles, LZW": tiles["tiles, LZW"], "bits reversed": ["-f", "lsb2msb", "-c", "none"]})
    copies("inverted-1", {"fax G3": ["-c", "g3"], "fax G4": ["-c", "g4"], "fax G3, 2D": ["-c", "g3:2d"], "LZW": ["-c", "lzw"]})
    copies("grey-4", {"LZW": ["-c", "lzw"], "tiles, deflate": ["-t", "-w", "16", "-l", "16", "-c", "zip"]})
    copies("palette", {"LZW": ["-c", "lzw"], "tiles, PackBits": tiles["tiles, PackBits"]})
    copies("palette-4", {"LZW": ["-c", "lzw"]})
    copies("rgba", {"LZW, predictor": ["-c", "lzw:2"], "planes apart": ["-p", "separate", "-c", "zip"]})
    copies("rgba-16", {"deflate, predictor": ["-c", "zip:2"]})
    copies("cmyk", {"LZW, predictor": ["-c", "lzw:2"], "tiles, deflate": ["-t", "-w", "16", "-l", "16", "-c", "zip"]})
    copies("float", {"deflate": ["-c", "zip"], "deflate, floating-point predictor": ["-c", "zip:3"]})
    rgb = Image.fromarray(array)
    add("TIFF", "JPEG inside", "jpeg.tif", saved(rgb, "TIFF", compression="jpeg", quality=90))
    add("TIFF", "JPEG inside, grey", "jpeg-grey.tif", saved(Image.fromarray(grey), "TIFF", compression="jpeg", quality=90))
    add("TIFF", "several pages", "pages.tif", saved(rgb, "TIFF", save_all=True, append_images=[Image.fromarray(255 - array)], compression="tiff_lzw"))
    add("TIFF", "deflate, old number", "deflate-old.tif", tiff(zlib.compress(array.tobytes()), 37, 29, [8] * 3, 2, 3, compression=32946))
    add("TIFF", "with a profile", "profile.tif", saved(rgb, "TIFF", icc_profile=swapped_profile()))
    add("TIFF", "one number for all depths", "one-depth.tif", tiff(array.tobytes(), 37, 29, [8], 2, 3))
    for value in range(1, 9):
        add("TIFF", "orientation", f"turned-{value}.tif", tiff(scene(13, 8, 3).tobytes(), 13, 8, [8] * 3, 2, 3, extra={274: (3, [value])}.items()))
    add("TIFF", "orientation", "turned-9.tif", tiff(scene(13, 8, 3).tobytes(), 13, 8, [8] * 3, 2, 3, extra={274: (3, [9])}.items()))


def tga(data, kind, width, height, depth, descriptor=0x20, colours=b"", first=0, bits=0, name=b""):
    count = len(colours) // (bits // 8) if bits else 0
    return (struct.pack("<BBBHHBHHHHBB", len(name), 1 if colours else 0, kind, first, count, bits, 0, 0, width, height, depth, descriptor)
            + name + colours + data)


def tga_runs(array, row_bound=True):
    """Run-length packets of up to 128 pixels, of equal ones and of others."""
    height, width = array.shape[:2]
    out = b""
    flat = array.reshape(height * width, -1)
    spans = [(y * width, (y + 1) * width) for y in range(height)] if row_bound else [(0, height * width)]
    for start, end in spans:
        at = start
        while at < end:
            count = 1
            while at + count < end and count < 128 and (flat[at + count] == flat[at]).all():
                count += 1
            if count > 1:
                out += bytes([127 + count]) + flat[at].tobytes()
            else:
                while at + count < end and count < 128 and (flat[at + count] != flat[at + count - 1]).any():
                    count += 1
                out += bytes([count - 1]) + flat[at:at + count].tobytes()
            at += count
    return out


def tgas():
    array, alpha = scene(37, 29, 3) & 0xE0, scene(37, 29, 4) & 0xE0
    bgr, bgra = np.ascontiguousarray(array[:, :, ::-1]), np.ascontiguousarray(alpha[:, :, [2, 1, 0, 3]])
    grey = np.ascontiguousarray(array[:, :, :1])
    table = np.ascontiguousarray(scene(16, 16, 3).reshape(-1, 3)[:, ::-1]).tobytes()
    wide = array.astype(np.uint16)
    word = ((wide[:, :, 0] >> 3 << 10) | (wide[:, :, 1] >> 3 << 5) | (wide[:, :, 2] >> 3)).astype("<u2")[:, :, None]
    for kind, name, data in (
        ("24 bit", "24", tga(bgr.tobytes(), 2, 37, 29, 24)), ("24 bit, bottom up", "24-bottom", tga(bgr[::-1].tobytes(), 2, 37, 29, 24, 0)),
        ("24 bit, right to left", "24-right", tga(bgr.tobytes(), 2, 37, 29, 24, 0x30)), ("24 bit, with a name", "24-name", tga(bgr.tobytes(), 2, 37, 29, 24, name=b"a name")),
        ("32 bit", "32", tga(bgra.tobytes(), 2, 37, 29, 32, 0x28)), ("32 bit, alpha bits not said", "32-unsaid", tga(bgra.tobytes(), 2, 37, 29, 32)),
        ("16 bit", "16", tga(word.tobytes(), 2, 37, 29, 16)), ("15 bit", "15", tga(word.tobytes(), 2, 37, 29, 15)), ("grey", "grey", tga(grey.tobytes(), 3, 37, 29, 8)),
        ("grey, alpha", "grey-alpha", tga(alpha[:, :, :2].tobytes(), 3, 37, 29, 16, 0x28)),
        ("palette", "palette", tga(grey.tobytes(), 1, 37, 29, 8, colours=table, bits=24)),
        ("palette that begins later", "palette-first", tga(((grey >> 4) + 3).tobytes(), 1, 37, 29, 8, colours=table[:60], first=3, bits=24)),
        ("palette of 16 bits", "palette-16", tga((grey >> 4).tobytes(), 1, 37, 29, 8, colours=word.tobytes()[:32], bits=16)),
        ("palette of 32 bits", "palette-32", tga((grey >> 4).tobytes(), 1, 37, 29, 8, colours=bgra.tobytes()[:64], bits=32)),
        ("run lengths, 24 bit", "rle-24", tga(tga_runs(bgr), 10, 37, 29, 24)), ("run lengths, 32 bit", "rle-32", tga(tga_runs(bgra), 10, 37, 29, 32, 0x28)),
        ("run lengths, 16 bit", "rle-16", tga(tga_runs(word), 10, 37, 29, 16)), ("run lengths, grey", "rle-grey", tga(tga_runs(grey), 11, 37, 29, 8)),
        ("run lengths, palette", "rle-palette", tga(tga_runs(grey), 9, 37, 29, 8, colours=table, bits=24)),
        ("run lengths across rows", "rle-across", tga(tga_runs(bgr, False), 10, 37, 29, 24)),
        ("run lengths, bottom up", "rle-bottom", tga(tga_runs(np.ascontiguousarray(bgr[::-1])), 10, 37, 29, 24, 0)),
        ("1 bit", "1", tga(b"".join(bits(grey[:, :, 0] >> 7, 1)), 3, 37, 29, 1)),
    ):
        add("TGA", kind, f"{name}.tga", data)
    add("TGA", "written by PIL", "pil.tga", saved(Image.fromarray(array), "TGA"))
    add("TGA", "written by PIL, run lengths", "pil-rle.tga", saved(Image.fromarray(array), "TGA", compression="tga_rle"))


def maps():
    array = scene(19, 11, 3)
    grey, black = array[:, :, 0], (array[:, :, 0] < 120).astype(np.uint8)
    small = (array // 3).astype(np.uint8)
    wide = array.astype(np.uint16) * 251 + 77
    text = lambda a: "\n".join(" ".join(str(v) for v in row.reshape(-1)) for row in a).encode() + b"\n"
    second = b"P6 19 11 255\n" + (255 - array).tobytes()
    for kind, name, data in (
        ("P6, 8 bit", "p6.ppm", b"P6\n19 11\n255\n" + array.tobytes()), ("P5, 8 bit", "p5.pgm", b"P5\n19 11\n255\n" + grey.tobytes()),
        ("P4", "p4.pbm", b"P4\n19 11\n" + b"".join(bits(black, 1))), ("P3, text", "p3.ppm", b"P3\n19 11\n255\n" + text(array)),
        ("P2, text", "p2.pgm", b"P2\n19 11\n255\n" + text(grey)), ("P1, text", "p1.pbm", b"P1\n19 11\n" + text(black)),
        ("P1, text without spaces", "p1-dense.pbm", b"P1\n19 11\n" + text(black).replace(b" ", b"")),
        ("P6, greatest value 100", "p6-100.ppm", b"P6\n19 11\n100\n" + small.tobytes()), ("P5, greatest value 100", "p5-100.pgm", b"P5\n19 11\n100\n" + small[:, :, 0].tobytes()),
        ("P6, values above the greatest", "p6-above.ppm", b"P6\n19 11\n100\n" + array.tobytes()),
        ("P2, greatest value 100", "p2-100.pgm", b"P2\n19 11\n100\n" + text(small[:, :, 0])), ("P5, greatest value 1", "p5-1.pgm", b"P5\n19 11\n1\n" + black.tobytes()),
        ("P5, greatest value 300", "p5-300.pgm", b"P5\n19 11\n300\n" + (grey.astype(np.uint16) + 20).astype(">u2").tobytes()),
        ("P6, greatest value 1000", "p6-1000.ppm", b"P6\n19 11\n1000\n" + (array.astype(np.uint16) * 3).astype(">u2").tobytes()),
        ("P6, 16 bit", "p6-16.ppm", b"P6\n19 11\n65535\n" + wide.astype(">u2").tobytes()), ("P5, 16 bit", "p5-16.pgm", b"P5\n19 11\n65535\n" + wide[:, :, 0].astype(">u2").tobytes()),
        ("P3, 16 bit", "p3-16.ppm", b"P3\n19 11\n65535\n" + text(wide)), ("P2, 16 bit", "p2-16.pgm", b"P2\n19 11\n65535\n" + text(wide[:, :, 0])),
        ("comments", "comments.ppm", b"P6 # a\n# b\n19 # c\n11\n#d\n255\n" + array.tobytes()), ("comments, text", "comments.pgm", b"P2 # a\n19 11 # c\n255\n# d\n" + text(grey).replace(b"\n", b" # x\n", 1)),
        ("several in one file", "several.ppm", b"P6 19 11 255\n" + array.tobytes() + second), ("line ends of Windows", "windows.pgm", b"P5\r\n19 11\r\n255\n" + grey.tobytes()),
        ("comment inside a number", "comment-inside.ppm", b"P6 1#x\n9 11 255\n" + array.tobytes()),
    ):
        # PIL brings grey to 16 bits, and cuts these off at 255.
        right = (wide[:, :, 0] >> 8).astype(np.uint8) if ".pgm" in name and "16 bit" in kind else None
        if name == "p5-300.pgm":
            right = (np.round((grey.astype(np.float64) + 20).clip(0, 300) / 300 * 65535).astype(np.uint16) >> 8).astype(np.uint8)
        add("PBM, PGM, PPM", kind, name, data, right)


def sha(array):
    return None if array is None else f"{array.shape[1]}x{array.shape[0]} {hashlib.sha256(array.tobytes()).hexdigest()}"


def main():
    orientations()
    skia()
    tiffs()
    tgas()
    maps()
    about = f"Written by scripts/image_table.py with PIL {PIL.__version__}."
    if sys.argv[1] == "--goldens":
        target = pathlib.Path(__file__).resolve().parent.parent / "tests" / "Luma.Zoo.Tests" / "Goldens" / "pictures.zip"
        manifest = {"about": about, "images": [{"file": i["file"], "format": i["format"], "kind": i["kind"], "plain": sha(i["plain"]),
                                                "turned": sha(i["turned"]), "right": sha(i["right"])} for i in images]}
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
            for name, data in [("manifest.json", json.dumps(manifest, indent=1).encode())] + [(i["file"], i["data"]) for i in images]:
                out.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
        print(len(images), "images,", target.stat().st_size, "bytes")
        return

    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for image in images:
        (folder / image["file"]).write_bytes(image["data"])
        for which in ("turned", "right"):
            if image[which] is not None:
                (folder / f"{image['file']}.{which}.rgb").write_bytes(image[which].tobytes())
    (folder / "manifest.json").write_text(json.dumps({"about": about, "images": [{"file": i["file"], "format": i["format"], "kind": i["kind"]} for i in images]}, indent=1))


main()
