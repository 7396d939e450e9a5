"""The tree installed as a package manager would, from what is installed already."""

from __future__ import annotations

import os
import sys
import sysconfig


def offline_environ(**extra: str) -> dict[str, str]:
    """Give the environment in which pip builds and installs with what is there, and no network.

    Build tools and dependencies are found where this interpreter has them.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HANGUP_")}
    return {
        **kept,
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # that is how pip spells it: the option's value is no
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]),  # noqa: PTH120
        **extra,
    }
