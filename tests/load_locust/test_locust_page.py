"""What the page on Locust shows can be run as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from counting_server import counting
from locust_runs import free_port, locust

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "load-with-locust.md"
SSH = '#!/usr/bin/env bash\nshift\nexec bash -c "$*"\n'


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def test_the_tasks_of_the_page_talk(tmp_path: Path) -> None:
    file = tmp_path / "locustfile.py"
    file.write_text(blocks("python")[1], "utf-8")
    with (
        counting() as server,
        locust(str(file), tmp_path, server.url, "--host", server.url, users=3) as run,
    ):
        assert server.wait_until(lambda s: s.messages >= 6)
        status = run.stop()
    assert status == 0, run.output
    assert run.document["messages"]["sent"] == server.messages
    assert {f"hello from {n}" for n in (1, 2, 3)} & set(server.texts)


def test_the_script_for_ssh_runs_a_worker_on_each_host(tmp_path: Path) -> None:
    commands = tmp_path / "commands"
    commands.mkdir()
    here = f'#!/bin/sh\nexec {sys.executable} -m locust "$@"\n'
    for name, text in (("ssh", SSH), ("locust", here)):
        (commands / name).write_text(text)
        (commands / name).chmod(0o755)
    (tmp_path / "load.sh").write_text(blocks("bash")[0])
    port = str(free_port())
    with counting() as server:
        declared = blocks("python")[0].replace("ws://127.0.0.1:8000/ws", server.url)
        (tmp_path / "locustfile.py").write_text(declared)
        done = subprocess.run(
            ["bash", "load.sh", "127.0.0.1", "one.example", "two.example"],
            cwd=tmp_path,
            env={
                **os.environ,
                "PATH": f"{commands}:{os.environ['PATH']}",
                "LOCUST_MASTER_BIND_PORT": port,
                "LOCUST_MASTER_NODE_PORT": port,
                "USERS": "4",
                "RATE": "4",
                "TIME": "3s",
            },
            capture_output=True,
            text=True,
            timeout=50,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(server.texts) == {f"hello from {n}" for n in range(1, 5)}
    assert f"messages sent {server.messages:,}" in done.stdout + done.stderr


def manifests() -> dict[tuple[str, str], Any]:
    (text,) = blocks("yaml")
    return {(m["kind"], m["metadata"]["name"]): m for m in yaml.safe_load_all(text)}


def test_the_manifests_fit_each_other() -> None:
    found = manifests()
    master = found["Job", "load-master"]["spec"]["template"]
    worker = found["Deployment", "load-worker"]["spec"]["template"]
    service = found["Service", "load-master"]["spec"]
    assert service["selector"] == master["metadata"]["labels"]
    selected = found["Deployment", "load-worker"]["spec"]["selector"]["matchLabels"]
    assert selected == worker["metadata"]["labels"] != master["metadata"]["labels"]
    (ran,), (held,) = master["spec"]["containers"], worker["spec"]["containers"]
    assert service["ports"][0]["port"] == ran["ports"][0]["containerPort"] == 5557
    assert "--master-host=load-master" in held["args"]
    assert (
        f"--expect-workers={found['Deployment', 'load-worker']['spec']['replicas']}" in ran["args"]
    )
    for pod in (master, worker):
        (volume,), (container,) = pod["spec"]["volumes"], pod["spec"]["containers"]
        (mount,) = container["volumeMounts"]
        assert mount["name"] == volume["name"]
        assert ("ConfigMap", volume["configMap"]["name"]) in found
        assert f"--locustfile={mount['mountPath']}/locustfile.py" in container["args"]


def test_locust_knows_each_option_of_the_manifests() -> None:
    help_text = subprocess.run(
        [sys.executable, "-m", "locust", "--help"], capture_output=True, text=True, timeout=30
    ).stdout
    pods = [
        m["spec"]["template"] for m in manifests().values() if m["kind"] in ("Job", "Deployment")
    ]
    options = {
        arg.partition("=")[0] for pod in pods for arg in pod["spec"]["containers"][0]["args"]
    }
    assert len(options) > 6
    assert {option for option in options if option not in help_text} == set()


def test_the_locustfile_of_the_manifest_declares_a_user() -> None:
    text = manifests()["ConfigMap", "load"]["data"]["locustfile.py"]
    code = (
        f"{text}\nfrom hangup.load.locust.declared import order_of\nprint(order_of(Chat).messages)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stdout == "10\n", done.stderr
