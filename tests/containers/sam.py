"""SAM on this machine: `sam local invoke` for one event, `sam local start-api` for the whole API."""

import json
import re
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

from engine import STATE, Failed, docker
from images import BUILT_TEMPLATE, sam_command, sam_environment

EVENTS = Path(__file__).with_name("events")
# What the template leaves to the deployment: the names of the emulated table, bucket, and queue.
SETTINGS = STATE / "sam-environment.json"


def local(*arguments):
    """A command of `sam local` on the functions that were built."""
    return [
        str(word) for word in (sam_command(), "local", *arguments, "--template", BUILT_TEMPLATE, "--env-vars", SETTINGS, "--skip-pull-image")
    ]


def invocation(function, event):
    """The command that invokes a function with a saved event."""
    return local("invoke", function, "--event", EVENTS / f"{event}.json")


def containers(images):
    """The containers that run from these images, or from others on top of them."""
    chosen = (word for image in images for word in ("--filter", f"ancestor={image}"))
    return set(docker("ps", "--all", "--quiet", *chosen).split())


class Api:
    """`sam local start-api` with one warm container per function, on a port or, with 0, on any free one."""

    def __init__(self, stack, port, images):
        self.base, self.images = None, images
        known = {name: value for name, value in stack.environment().items() if name.startswith("STRAND_")}
        SETTINGS.write_text(json.dumps({"Parameters": known}))
        self.command = local("start-api", "--warm-containers", "EAGER", "--host", "127.0.0.1", "--port", port)

    def __enter__(self):
        self.others = containers(self.images)
        with open(STATE / "start-api.log", "w") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, env=sam_environment(), start_new_session=True
            )
        deadline = time.monotonic() + 300
        try:
            while not self.is_healthy():
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise Failed(f"sam local start-api does not start:\n{self.log()}")
                time.sleep(0.5)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        SETTINGS.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for left in containers(self.images) - self.others:
            docker("rm", "--force", left)

    def is_healthy(self):
        """Whether it answers, at the port that the system chose for it."""
        if started := re.search(r"Running on (http://127\.0\.0\.1:\d+)", self.log()):
            self.base = started[1]
        try:
            with urllib.request.urlopen(f"{self.base}/health", timeout=60) as answer:
                return answer.status == 200
        except (OSError, ValueError):
            return False

    @staticmethod
    def log():
        return (STATE / "start-api.log").read_text()[-6000:]
