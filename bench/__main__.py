"""Every measurement of this folder, or those named.   python -m bench, python -m bench convolution"""

import importlib
import pkgutil
import sys
from pathlib import Path

KNOWN = sorted(m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)]) if m.name != "__main__")


def main(names: list[str]) -> None:
    """Run the named modules, or all, one after the other. Exits with a message when a name is not known."""
    if unknown := set(names) - set(KNOWN):
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}. There are {', '.join(KNOWN)}.")
    for name in names or KNOWN:
        module = importlib.import_module(f"bench.{name}")
        print(f"\n{(module.__doc__ or name).splitlines()[0]}")
        module.run()


if __name__ == "__main__":
    main(sys.argv[1:])
