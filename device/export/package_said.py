"""What the chain keeps of a package of records that went out or came in.

Next: `package.py`.
"""

from collections.abc import Mapping
from typing import Any

from device.export.package import Package


def package_content(package: Package) -> Mapping[str, Any]:
    """The content of an `export` or `import` event."""
    return {
        "what": "package",
        "sha256": package.sha256,
        "packed_by": package.packed_by.hex(),
        "packed_utc": package.packed_utc,
        "devices": [key.hex() for key in package.devices],
        "question": package.question,
        "records": [
            {
                "record_id": one.record_id,
                "record_sha256": one.head.hash.hex(),
                "store_id": one.head.store_id,
            }
            for one in package.entries
        ],
    }
