"""One MiniStack process, and everything that it leaves behind, under one folder."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from tools.sam import BIN, ROOT, with_path

HOME = ROOT / ".local" / "emulator"
REGION = "us-east-1"
HEALTHY_WITHIN = 30.0
STOPPED_WITHIN = 2.0


_children: list[subprocess.Popen[bytes]] = []
"""Kept until stopped: Python complains of a process that is forgotten while it runs."""


class EmulatorError(Exception):
    """The emulator can't be started, or isn't there."""


@dataclass(frozen=True)
class Emulator:
    """An AWS of this machine's own: on the loopback only, with rights enforced, gone when it is stopped."""

    home: Path = HOME

    def start(self) -> None:
        if self.running:
            return
        shutil.rmtree(self.home, ignore_errors=True)
        for folder in ("tmp", "user", "sam"):
            (self.home / folder).mkdir(parents=True)
        port = _free_port()
        # A session of its own: stop() reaches the functions' processes too, and a Ctrl-C here none of them.
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                [BIN / "python", "-m", "ministack"],
                env=self._environment_of_the_process(port),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        _children.append(process)
        self._process_file.write_text(json.dumps({"pid": process.pid, "port": port}))
        self._write_profile()
        self._wait_until_healthy(process)

    def stop(self) -> bool:
        """Ends the process and its children. False when there was none."""
        pid = self._pid
        if pid is None:
            return False
        os.killpg(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOPPED_WITHIN
        while _is_ministack(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        # Where all have gone by themselves, Linux raises the first and macOS the second.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        for child in [child for child in _children if child.pid == pid]:
            child.wait()
            _children.remove(child)
        self._process_file.unlink()
        shutil.rmtree(self.home / "tmp", ignore_errors=True)  # unpacked functions; logs and the build stay
        return True

    @property
    def running(self) -> bool:
        return self._pid is not None and self._answers()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._process['port']}"

    @property
    def log(self) -> Path:
        return self.home / "ministack.log"

    @property
    def environment(self) -> dict[str, str]:
        """For the SAM CLI and boto3: they see this emulator and no account, whatever the caller has set."""
        ours = {
            name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_CLI_"))
        }
        return with_path(ours) | {
            "AWS_CONFIG_FILE": str(self.profile),
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_PROFILE": "local",
            "AWS_EC2_METADATA_DISABLED": "true",
            "SAM_CLI_POLL_DELAY": "0.2",
            "__SAM_CLI_APP_DIR": str(self.home / "sam"),
        }

    @property
    def profile(self) -> Path:
        return self.home / "aws-config"

    def client(self, service: str, **credentials: str) -> Any:
        """A boto3 client; of the account's root, unless given other credentials."""
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.url,
            region_name=REGION,
            **({"aws_access_key_id": "test", "aws_secret_access_key": "test"} | credentials),
        )

    @property
    def _process_file(self) -> Path:
        return self.home / "process.json"

    @property
    def _process(self) -> dict[str, int]:
        try:
            return dict(json.loads(self._process_file.read_text()))
        except FileNotFoundError:
            raise EmulatorError("the emulator isn't running: make up starts it, and make demo") from None

    @property
    def _pid(self) -> int | None:
        if not self._process_file.exists():
            return None
        pid = self._process["pid"]
        return pid if _is_ministack(pid) else None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def _wait_until_healthy(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + HEALTHY_WITHIN
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise EmulatorError(f"MiniStack did not come up:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def _environment_of_the_process(self, port: int) -> dict[str, str]:
        """Named settings only: MiniStack hands its environment down to every function."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.home / "user"),
            "TMPDIR": str(self.home / "tmp"),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "AUTH": "true",
            "LAMBDA_EXECUTOR": "local",
            "MINISTACK_REGION": REGION,
        }

    def _write_profile(self) -> None:
        self.profile.write_text(
            "[profile local]\n"
            f"endpoint_url = {self.url}\n"
            f"region = {REGION}\n"
            "aws_access_key_id = test\n"
            "aws_secret_access_key = test\n"
        )
        # Without this file the SAM CLI asks the network for a newer version of itself.
        checked = {"telemetryEnabled": False, "lastVersionCheck": time.time(), "installationId": "none"}
        (self.home / "sam" / "metadata.json").write_text(json.dumps(checked))


@contextlib.contextmanager
def emulator_for(purpose: str) -> Iterator[Emulator]:
    """One of its own, for as long as the block runs. Its logs stay in .local/<purpose>."""
    logs = ROOT / ".local" / purpose
    emulator = Emulator(logs.with_name(f"{purpose}-{os.getpid()}"))
    try:
        emulator.start()
        yield emulator
    finally:
        emulator.stop()
        logs.mkdir(parents=True, exist_ok=True)
        for log in emulator.home.glob("*.log"):
            shutil.copy(log, logs)
        shutil.rmtree(emulator.home, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_ministack(pid: int) -> bool:
    """A pid alone proves nothing: after a restart of the machine it may be anybody's."""
    if Path("/proc/self").exists():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_text()
        except OSError:
            return False
    else:
        listing = ["ps", "-o", "command=", "-p", str(pid)]
        command = subprocess.run(listing, capture_output=True, text=True, check=False).stdout
    return "ministack" in command
