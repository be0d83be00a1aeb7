"""Makes `import prometheus_client`, in this program and in its libraries, run on Metrion.

    import metrion.dropin  # before anything that imports prometheus_client

    from prometheus_client import Counter

Names, modules, errors and the text of pages are those of prometheus_client 0.26. What is different
is in the package's README.
"""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

NAME = "prometheus_client"
_FOLDER = Path(__file__).parent / NAME


def _install() -> None:
    known = sys.modules.get(NAME)
    if known is not None:
        if str(_FOLDER) in getattr(known, "__path__", ()):
            return
        raise ImportError(
            f"{NAME} is imported already: import metrion.dropin before anything that imports it"
        )
    spec = spec_from_file_location(
        NAME, _FOLDER / "__init__.py", submodule_search_locations=[str(_FOLDER)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{_FOLDER} is missing from the installed package")
    module = module_from_spec(spec)
    # Its own modules import it while they are loaded.
    sys.modules[NAME] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[NAME]
        raise


_install()
