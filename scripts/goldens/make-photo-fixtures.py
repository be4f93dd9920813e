"""Small image files of every kind that people have, with the RGB bytes Pillow reads from them.

Writes test/fixtures/photos/* and expected.json ({file: {width, height, rgb (base64, rows from the top)}}).
The expected bytes are `ImageOps.exif_transpose(image).convert("RGB")`: what torchvision's loader gives, but
upright. Run with Debian's python3-pil 9.4: /usr/bin/python3 scripts/goldens/make-photo-fixtures.py
"""
import base64
import io
import json
import pathlib
import struct
import zlib

import numpy
from PIL import Image, ImageOps

folder = pathlib.Path(__file__).parents[2] / "test" / "fixtures" / "photos"
folder.mkdir(parents=True, exist_ok=True)
random = numpy.random.default_rng(2)

WIDTH, HEIGHT = 19, 13
noise = random.integers(0, 256, (HEIGHT, WIDTH, 4), dtype=numpy.uint8)
# Every kind of alpha, the hidden (0) with colours under it.
noise[..., 3] = random.choice([0, 1, 127, 254, 255], (HEIGHT, WIDTH))
rgba = Image.fromarray(noise, "RGBA")
rgb = Image.fromarray(noise[..., :3].copy(), "RGB")
grey = rgb.convert("L")

# A photograph's smoothness, so that JPEG keeps most of it: two gradients and a corner that tells directions.
ys, xs = numpy.mgrid[0:24, 0:40]
smooth = numpy.stack([xs * 6, ys * 10, 255 - xs * 3 - ys * 4], axis=-1).astype(numpy.uint8)
smooth[:8, :8] = (250, 20, 30)
photo = Image.fromarray(smooth, "RGB")

expected = {}


def expect(name, image=None):
    """Records what Pillow reads from the file, or the given image where Pillow itself is wrong."""
    if image is None:
        image = ImageOps.exif_transpose(Image.open(folder / name)).convert("RGB")
    expected[name] = {
        "width": image.width,
        "height": image.height,
        "rgb": base64.b64encode(image.tobytes()).decode("ascii"),
    }


def save(name, image, **options):
    image.save(folder / name, **options)
    expect(name)


def png(name, width, height, depth, colour_type, rows, chunks=()):
    """A PNG that Pillow cannot write: 16 bits a channel, or with a gamma chunk."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    data = b"".join(b"\0" + row for row in rows)
    (folder / name).write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0))
        + b"".join(chunk(kind, value) for kind, value in chunks)
        + chunk(b"IDAT", zlib.compress(data, 9))
        + chunk(b"IEND", b"")
    )


save("opaque.png", rgb)
save("alpha.png", rgba)
save("palette.png", rgb.quantize(32))
save("palette-transparent.png", rgb.quantize(32), transparency=3)
save("grey.png", grey)
save("grey-alpha.png", Image.merge("LA", (grey, rgba.getchannel("A"))))
save("one-pixel.png", Image.new("RGB", (1, 1), (200, 100, 50)))
save("opaque.bmp", rgb)
save("lossless.webp", rgb, lossless=True)
save("lossless-alpha.webp", rgba, lossless=True, exact=True)
save("lossy.webp", photo, quality=80)
save(
    "animated.gif",
    rgb.quantize(64),
    save_all=True,
    append_images=[ImageOps.invert(rgb).quantize(64)],
    duration=100,
)

save("full-chroma.jpg", photo, quality=95, subsampling=0)
save("half-chroma.jpg", photo, quality=90, subsampling=2)
save("progressive.jpg", photo, quality=90, subsampling=0, progressive=True)
save("grey.jpg", photo.convert("L"), quality=90)
# Pillow's own conversion leaves black at 0, which would not show how black is applied.
black = Image.fromarray((xs * 3 + ys * 2).astype(numpy.uint8), "L")
save("cmyk.jpg", Image.merge("CMYK", (*photo.split(), black)), quality=95)
# Pillow rounds the product of ink and black, Chromium truncates it: a byte differs by 1 at most.
cmyk = 255 - numpy.asarray(Image.open(folder / "cmyk.jpg"), dtype=numpy.int64)
truncated = (cmyk[..., :3] * cmyk[..., 3:] // 255).astype(numpy.uint8)
expected["cmyk.jpg"]["rgbTruncated"] = base64.b64encode(truncated.tobytes()).decode("ascii")
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    save(f"orientation-{orientation}.jpg", photo, quality=95, subsampling=0, exif=exif)

# 16 bits a channel: Pillow and torchvision keep the high byte of each.
deep = random.integers(0, 65536, (HEIGHT, WIDTH, 3), dtype=numpy.uint16)
png("sixteen-bit.png", WIDTH, HEIGHT, 16, 2, [row.astype(">u2").tobytes() for row in deep])
expect("sixteen-bit.png")
# A gamma of 1 would brighten the picture, were it applied.
png(
    "gamma.png",
    WIDTH,
    HEIGHT,
    8,
    2,
    [row.tobytes() for row in noise[..., :3]],
    chunks=[(b"gAMA", struct.pack(">I", 100000))],
)
expect("gamma.png")

(folder / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")
size = sum(path.stat().st_size for path in folder.iterdir())
print(f"{folder}: {len(expected)} images, {size} bytes with expected.json")
