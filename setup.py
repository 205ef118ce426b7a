"""The compiled part, which setup.cfg cannot hold; everything else stands there.

The kernel knows nothing of Python (ctypes calls it), so one wheel of an architecture serves every
version; where there is no compiler numpy takes its place. No -ffast-math: linked with it, a library
sets flush-to-zero for the whole process.
"""

from glob import glob

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

FOLDER = "device/native"


class BuildKernel(build_ext):
    """Writes a file that no import takes for a Python module."""

    def get_ext_filename(self, ext_name: str) -> str:
        return f"{ext_name.replace('.', '/')}.elf"


setup(
    cmdclass={"build_ext": BuildKernel},
    ext_modules=[
        Extension(
            "device.native.kernel",
            sources=sorted(glob(f"{FOLDER}/*.c")),
            depends=sorted(glob(f"{FOLDER}/*.h")),
            extra_compile_args=["-std=c11", "-O3", "-fno-math-errno", "-Wno-psabi"],
            extra_link_args=["-s"],
            libraries=["m"],
            py_limited_api=True,
            optional=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
