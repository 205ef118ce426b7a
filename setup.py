"""The compiled part, which setup.cfg cannot hold; everything else stands there.

The kernel knows nothing of Python (ctypes calls it), so one wheel of an architecture serves every
version; where there is no compiler numpy takes its place. No -ffast-math: linked with it, a library
sets flush-to-zero for the whole process. Next: `tools/cross_compiler.py`, which reads this for
other processors.
"""

import os
from glob import glob

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

FOLDER = "device/native"
_HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = sorted(glob(f"{FOLDER}/*.c", root_dir=_HERE))
HEADERS = sorted(glob(f"{FOLDER}/*.h", root_dir=_HERE))
COMPILE_FLAGS = ["-std=c11", "-O3", "-fno-math-errno", "-fvisibility=hidden", "-Wno-psabi"]
LINK_FLAGS = ["-s"]
LIBRARIES = ["m"]

# Names a kernel that is compiled already, for this processor or another. No wheel without it then.
COMPILED = "RAMIX_COMPILED_KERNEL"


class BuildKernel(build_ext):
    """Writes a file that no import takes for a Python module."""

    def get_ext_filename(self, ext_name: str) -> str:
        return f"{ext_name.replace('.', '/')}.elf"

    def build_extension(self, ext: Extension) -> None:
        if COMPILED not in os.environ:
            super().build_extension(ext)
            return
        target = self.get_ext_fullpath(ext.name)
        self.mkpath(os.path.dirname(target))
        self.copy_file(os.environ[COMPILED], target)


if __name__ == "__main__":
    setup(
        cmdclass={"build_ext": BuildKernel},
        ext_modules=[
            Extension(
                "device.native.kernel",
                sources=SOURCES,
                depends=HEADERS,
                extra_compile_args=COMPILE_FLAGS,
                extra_link_args=LINK_FLAGS,
                libraries=LIBRARIES,
                py_limited_api=True,
                optional=COMPILED not in os.environ,
            )
        ],
        options={"bdist_wheel": {"py_limited_api": "cp311"}},
    )
