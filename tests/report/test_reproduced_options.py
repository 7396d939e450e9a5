"""Reproducers ask again for what only further options showed."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import report_examples as example
from msgspec.structs import replace

from hangup.endpoint import Endpoint
from hangup.inquiry import Inquiry
from hangup.report.reproduce import write_reproducer

TOKEN = "s3cr3t-t0ken"


def inquiry(port: int) -> Inquiry:
    return Inquiry(endpoint=Endpoint(secure=False, host="127.0.0.1", port=port, target="/ws"))


@pytest.mark.parametrize(
    ("crowd", "promise"), [(None, "Fails while a fault"), (64, "Shows what one connection meets")]
)
def test_what_only_many_meet_is_reproduced_by_a_crowd_and_not_promised_of_one(
    tmp_path: Path, crowd: int | None, promise: str
) -> None:
    trace = example.healthy_trace()
    found = example.diagnosis(trace, "capacity.conn-limit")
    for ending in (".py", ".sh"):
        asked = replace(inquiry(8000), crowd=crowd)
        write_reproducer(tmp_path / f"it{ending}", asked, found, [trace])
    assert (tmp_path / "it.py").read_text().startswith(f'"""{promise}')
    assert ("--crowd 64" in (tmp_path / "it.sh").read_text()) == (crowd is not None)


def test_what_is_said_to_find_out_more_is_in_the_command_without_its_secret(tmp_path: Path) -> None:
    text = f'{{"resume": {{last}}, "password": "{TOKEN}"}}'
    asked = replace(inquiry(9), resume=text, differently="it's else")
    path = tmp_path / "again.sh"
    write_reproducer(path, asked, example.incident_diagnosis(), [example.incident_trace()])
    script = path.read_text()
    assert TOKEN not in script
    assert ': "${HANGUP_SECRET_MESSAGE_1:?must hold the credential}"' in script
    assert '--resume=\'{"resume": {last}, "password": "\'"$HANGUP_SECRET_MESSAGE_1"\'"}\'' in script
    assert f"--differently={shlex.quote(asked.differently)}" in script
