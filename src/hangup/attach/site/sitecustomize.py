"""Python imports this at its start when `hangup record` has put its folder first on PYTHONPATH."""

import os
import sys


def _next_customization() -> None:
    """Import the module that this one stands before, which belongs to the environment."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib is slow
    rest = [path for path in sys.path if os.path.abspath(path or ".") != here]  # noqa: PTH100
    spec = PathFinder.find_spec("sitecustomize", rest)
    if spec is not None and spec.loader is not None:
        module = module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


def _begin() -> None:
    try:
        from hangup.attach.hook import install
    except ImportError:
        print(  # noqa: T201
            f"hangup: nothing is recorded: {sys.executable} has no hangup; install it there",
            file=sys.stderr,
        )
        return
    install(os.environ)


_begin()
_next_customization()
