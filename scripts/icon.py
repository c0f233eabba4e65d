"""Draws the packages' icon, assets/icon.png: a lens that light falls through, 128 by 128 pixels.

    python3 scripts/icon.py      needs nothing but Python
"""
import math
import pathlib
import struct
import zlib

SIZE, SAMPLES = 128, 4
NIGHT, DUSK = (30, 27, 75), (76, 29, 149)
LIGHT, WARM, RING = (255, 247, 214), (251, 176, 59), (199, 188, 255)


def mix(a, b, share):
    return tuple(x + (y - x) * share for x, y in zip(a, b))


def inside_square(x, y, half=60, corner=26):
    dx, dy = max(abs(x) - half + corner, 0), max(abs(y) - half + corner, 0)
    return math.hypot(dx, dy) <= corner


def colour(x, y):
    """The colour of a point around the middle, with its opacity."""
    if not inside_square(x, y):
        return 0, 0, 0, 0
    distance, angle = math.hypot(x, y), math.atan2(y, x)
    base = mix(NIGHT, DUSK, (x + y + 120) / 240)
    if distance <= 20:
        base = mix(LIGHT, WARM, (distance / 20) ** 2)
    elif 27 <= distance <= 32:
        base = RING
    elif 38 <= distance <= 49:
        # Eight rays with round ends.
        turn = (angle + math.pi / 8) % (math.pi / 4) - math.pi / 8
        along, across = distance * math.cos(turn), distance * math.sin(turn)
        if math.hypot(along - min(max(along, 41), 46), across) <= 3:
            base = WARM
    return *base, 255


def pixel(column, row):
    points = [colour(column + (i + 0.5) / SAMPLES - SIZE / 2, row + (j + 0.5) / SAMPLES - SIZE / 2)
              for j in range(SAMPLES) for i in range(SAMPLES)]
    opacity = sum(point[3] for point in points)
    if opacity == 0:
        return bytes(4)
    return bytes([*(round(sum(p[c] * p[3] for p in points) / opacity) for c in range(3)), round(opacity / len(points))])


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


rows = b"".join(b"\0" + b"".join(pixel(column, row) for column in range(SIZE)) for row in range(SIZE))
(pathlib.Path(__file__).resolve().parent.parent / "assets" / "icon.png").write_bytes(
    b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))
