#!/usr/bin/env python3
"""Writes the sample digits: of each class the first two of MNIST's test images, as 8-bit grey PNG.

    python3 scripts/sample_digits.py FOLDER zoo/samples        (FOLDER has t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz)

A name says the label and the image's place in the file: digit-7-0000.png.
"""
import gzip
import pathlib
import struct
import sys
import zlib

SIZE = 28
EACH = 2


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(pixels):
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + pixels[y * SIZE:(y + 1) * SIZE] for y in range(SIZE))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def main():
    folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    images = gzip.decompress((folder / "t10k-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((folder / "t10k-labels-idx1-ubyte.gz").read_bytes())[8:]
    out.mkdir(parents=True, exist_ok=True)
    for digit in range(10):
        places = [i for i, label in enumerate(labels) if label == digit][:EACH]
        for place in places:
            pixels = images[place * SIZE * SIZE:(place + 1) * SIZE * SIZE]
            (out / f"digit-{digit}-{place:04d}.png").write_bytes(png(pixels))


if __name__ == "__main__":
    main()
