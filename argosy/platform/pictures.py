"""Pictures that people send: decoded within bounds, turned upright, and encoded anew without anything but pixels."""

from __future__ import annotations

import io
import warnings
from hashlib import blake2b
from typing import NamedTuple

from PIL import Image, ImageOps, UnidentifiedImageError

from argosy.platform.media import SIZES, MediaStore, key_of
from argosy.shared_kernel.errors import Invalid

BYTES_MAX = 10_000_000
PIXELS_MAX = 40_000_000
SIDE_MAX = 12_000
TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
QUALITY = 82


class PictureNotReadable(Invalid):
    """This is no picture that we can read: send a whole JPEG, PNG, WebP or GIF."""


class PictureTooLarge(Invalid):
    """The picture has more pixels than we take."""


class Picture(NamedTuple):
    """All sizes of one, encoded; the digest is the same for the same pixels."""

    digest: str
    sizes: dict[int, bytes]

    def keep(self, store: MediaStore) -> None:
        for size, data in self.sizes.items():
            store.put(key_of(self.digest, size), data)


def read_picture(raw: bytes) -> Picture:
    """Of moving ones the first frame counts."""
    picture = _decoded(raw)
    made = {size: _encoded(picture, size) for size in SIZES}
    return Picture(blake2b(made[SIZES[0]], digest_size=16).hexdigest(), made)


def keep_picture(store: MediaStore, raw: bytes) -> str:
    """Keep all sizes of a picture; its digest."""
    picture = read_picture(raw)
    picture.keep(store)
    return picture.digest


def _decoded(raw: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            # Pillow's own bound on pixels is looser than ours, which is checked before anything is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(raw), formats=FORMATS) as opened:
                width, height = opened.size
                if width * height > PIXELS_MAX or max(width, height) > SIDE_MAX:
                    raise PictureTooLarge(width=width, height=height, pixels_max=PIXELS_MAX, side_max=SIDE_MAX)
                opened.load()
                upright = ImageOps.exif_transpose(opened)
                return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except Image.DecompressionBombError:
        raise PictureTooLarge(pixels_max=PIXELS_MAX, side_max=SIDE_MAX) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, MemoryError):
        raise PictureNotReadable() from None


def _encoded(picture: Image.Image, size: int) -> bytes:
    """Each size is made of the one before it, so that the largest is in memory once."""
    picture.thumbnail((size, size), Image.Resampling.LANCZOS)
    # A new picture: what the old one carries beside pixels (EXIF, profiles, comments) stays behind.
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    out = io.BytesIO()
    bare.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()
