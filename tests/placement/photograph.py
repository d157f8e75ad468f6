"""Photographs as cameras write them: a JPEG or a TIFF with an EXIF block and XMP packets, written byte by byte so that
each can be wrong.
"""

import io
import struct

from PIL import Image

XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
BYTE, ASCII, SHORT, LONG, RATIONAL = 1, 2, 3, 4, 5
LETTERS = {BYTE: "B", SHORT: "H", LONG: "I"}

# What Scarp's test model takes for a landslide, and for none (tests/fixtures/tiny_models.py).
LANDSLIDE, GREEN = (180, 90, 60), (60, 120, 50)


def directory(fields, at):
    """A TIFF directory of `fields` (tag: (type, values)) at byte `at` of its block, with its values behind it."""
    entries, behind = b"", b""
    start = at + 2 + 12 * len(fields) + 4
    for tag, (kind, values) in sorted(fields.items()):
        if kind == ASCII:
            raw = values.encode() + b"\0"
            count = len(raw)
        elif kind == RATIONAL:
            raw, count = b"".join(struct.pack("<2I", *pair) for pair in values), len(values)
        else:
            raw, count = struct.pack(f"<{len(values)}{LETTERS[kind]}", *values), len(values)
        if len(raw) <= 4:
            entries += struct.pack("<HHI", tag, kind, count) + raw.ljust(4, b"\0")
        else:
            entries += struct.pack("<HHII", tag, kind, count, start + len(behind))
            behind += raw + b"\0" * (len(raw) % 2)
    return struct.pack("<H", len(fields)) + entries + b"\0" * 4 + behind


def exif_block(main, photo, gps):
    """An EXIF block of its three directories."""
    main = dict(main)
    pointers = [(0x8769, photo), (0x8825, gps)]
    main |= {tag: (LONG, [0]) for tag, fields in pointers if fields}
    at = 8 + len(directory(main, 8))
    body = b""
    for tag, fields in pointers:
        if fields:
            main[tag] = (LONG, [at + len(body)])
            body += directory(fields, at + len(body))
    return b"II*\0" + struct.pack("<I", 8) + directory(main, 8) + body


def segment(contents):
    return b"\xff\xe1" + struct.pack(">H", len(contents) + 2) + contents


def packet(inside):
    """An XMP packet; `inside` stands in one rdf:Description."""
    inside = inside if isinstance(inside, bytes) else inside.encode()
    return (
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        b"<rdf:Description rdf:about='' " + inside + b"/></rdf:RDF></x:xmpmeta>"
    )


def drawn(size, landslide, turn=None):
    """A green picture of `size` with a landslide on `landslide` (left, top, right, bottom) of the upright picture, of
    which `turn` by Pillow makes the one that is stored."""
    picture = Image.new("RGB", size, GREEN)
    if landslide:
        picture.paste(LANDSLIDE, landslide)
    return picture if turn is None else picture.transpose(turn)


def tiff(picture, main, photo, gps, xmp=None, bits=8):
    """A picture as TIFF of one strip, whose first directory is that of its EXIF; `bits` a channel."""
    width, height = picture.size
    pixels = picture.tobytes()
    if bits == 16:
        pixels = bytes(byte for value in pixels for byte in (value, value))
    fields = {
        256: (LONG, [width]),
        257: (LONG, [height]),
        258: (SHORT, [bits] * 3),
        259: (SHORT, [1]),
        262: (SHORT, [2]),
        273: (LONG, [0]),
        277: (SHORT, [3]),
        278: (LONG, [height]),
        279: (LONG, [len(pixels)]),
    }
    if xmp:
        fields[700] = (BYTE, list(xmp))
    fields |= main
    fields[273] = (LONG, [len(exif_block(fields, photo, gps))])
    return exif_block(fields, photo, gps) + pixels


def jpeg(size, landslide, exif, packets, turn=None):
    """A picture as JPEG; see `drawn`."""
    picture = drawn(size, landslide, turn)
    stored = io.BytesIO()
    picture.save(stored, "JPEG", quality=95, subsampling=0)
    bytes_ = stored.getvalue()
    segments = segment(b"Exif\0\0" + exif) if exif else b""
    segments += b"".join(segment(XMP_HEADER + packet) for packet in packets)
    return bytes_[:2] + segments + bytes_[2:]
