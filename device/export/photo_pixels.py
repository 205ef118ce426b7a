"""A kept photo as pixels, for a page of a report: matplotlib brings what decodes it.

Next: `pdf.py`, which draws them.
"""

import io
from typing import Any, Final

from device.records.photo import Photo

_LONGER_SIDE: Final = 1200  # 200 to an inch of the page


def pixels_of(photo: Photo) -> Any:
    """Turned as they are looked at, few enough for a page; None where they cannot be decoded."""
    import numpy as np
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(photo.data), formats=("JPEG", "PNG")) as picture:
            picture.draft("RGB", (_LONGER_SIDE, _LONGER_SIDE))  # a JPEG is unpacked smaller
            picture.thumbnail((_LONGER_SIDE, _LONGER_SIDE))
            return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
