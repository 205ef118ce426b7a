"""Start commands in turn and report wall time and peak memory of each; standard library only.

Runs as its own small process, because Linux counts the memory of whoever forks towards the
child's peak: started from a program with numpy in it, every child would seem to need 50 MB.
Reads {"commands": {name: [argv]}, "rounds": n} from stdin, prints {name: [[wall_s, peak_kib]]}.
Next: `bench_processes.py`, which asks it.
"""

import json
import os
import sys
import time

# An installed program has its bytecode beside it; a developer's shell may forbid to write it, and
# then every start would compile the checkout anew.
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
}


def run_once(arguments: list[str]) -> tuple[float, int, int]:
    """Wall seconds, peak resident KiB, exit code."""
    nowhere = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
    ]
    start = time.perf_counter()
    pid = os.posix_spawnp(arguments[0], arguments, ENVIRONMENT, file_actions=nowhere)
    _, status, usage = os.wait4(pid, 0)
    return time.perf_counter() - start, usage.ru_maxrss, os.waitstatus_to_exitcode(status)


def main() -> int:
    request = json.load(sys.stdin)
    commands: dict[str, list[str]] = request["commands"]
    accepted: list[int] = request["exit_codes"]
    names = list(commands)
    samples: dict[str, list[tuple[float, int]]] = {name: [] for name in names}
    for number in range(-1, request["rounds"]):  # round -1 warms the file cache
        first = number % len(names)
        for name in names[first:] + names[:first]:
            wall_s, peak_kib, code = run_once(commands[name])
            if code not in accepted:
                print(f"{name} ended with exit code {code}", file=sys.stderr)
                return 1
            if number >= 0:
                samples[name].append((wall_s, peak_kib))
    json.dump(samples, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
