"""Identify every spectrum that another program saves into a folder, one line of JSON each.

    python examples/watch_folder.py FOLDER [SECONDS]

Ends after SECONDS without a new file (default: never).
"""

import json
import sys
import time
from pathlib import Path

from device.api import Identifier, RamixError, load_model, read_spectrum, result_json

POLL_S = 0.5


def line_for(path: Path, model: Identifier) -> str:
    """The answer as one line; a file that cannot be read is a line, too."""
    try:
        answer = result_json(model.identify(read_spectrum(path)))
    except RamixError as error:
        return json.dumps({"file": path.name, "error": error.text, "remedy": error.remedy})
    names = [one["name"] for one in answer["components"]]
    return json.dumps({"file": path.name, "verdict": answer["verdict"], "names": names})


def main(folder: str, ends_after_s: str = "inf") -> int:
    if not Path(folder).is_dir():
        print(f"There is no folder {folder}.", file=sys.stderr)
        return 1
    model = load_model()
    done: set[Path] = set()
    sizes: dict[Path, int] = {}
    last, patience_s = time.monotonic(), float(ends_after_s)
    while time.monotonic() - last < patience_s:
        for path in sorted(one for one in Path(folder).iterdir() if one.is_file()):
            size = path.stat().st_size
            if path in done:
                continue
            if sizes.get(path) == size:  # as large as at the last look: nobody writes any more
                print(line_for(path, model), flush=True)
                done.add(path)
            sizes[path], last = size, time.monotonic()
        time.sleep(POLL_S)
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
