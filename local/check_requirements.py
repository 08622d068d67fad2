"""Say what the running Python lacks of the project's requirements, one a line; exit status 1 if there is any.

usage: python check_requirements.py [--test]

It needs the standard library only, runs on older Pythons too, and imports none of the packages.
"""

from __future__ import annotations

import platform
import runpy
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

SETUP = Path(__file__).resolve().parent.parent / "setup.py"


def missing(python: str, requirements: list[str]) -> Iterator[str]:
    """Yield a phrase for each requirement that this Python and its distributions do not satisfy."""
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    if not SpecifierSet(python).contains(platform.python_version()):
        yield f"Python {python} is needed, {platform.python_version()} is running"
    for requirement in map(Requirement, requirements):
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            yield f"{requirement} is not installed"
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            yield f"{requirement} is needed, {version} is installed"


def main() -> None:
    """Print what is missing."""
    setup = runpy.run_path(str(SETUP), run_name="requirements")
    wanted = setup["RUNTIME"] + (setup["TEST"] if "--test" in sys.argv[1:] else [])
    try:
        found = list(missing(setup["PYTHON"], wanted))
    except ModuleNotFoundError as error:  # espnet needs packaging, so an environment without it lacks both
        found = [f"{error.name} is not installed"]
    print("\n".join(found), end="\n" if found else "")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
