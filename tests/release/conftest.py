"""What is published is built once, and installed once without any extra."""

from __future__ import annotations

import pytest
from offline import ROOT, Built, Environment, build, installed


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The wheel and the sdist of this tree."""
    sdist, wheel = sorted(
        build(ROOT, tmp_path_factory.mktemp("dist"), "sdist", "wheel"),
        key=lambda path: path.suffix,
    )
    return Built(wheel, sdist)


@pytest.fixture(scope="session")
def bare(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """What `pip install hangup` gives."""
    return installed(tmp_path_factory.mktemp("bare"), built.wheel)
