"""The functions under SAM: saved events with `sam local invoke`, the whole API with `sam local start-api`."""

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


def settings_file(stack):
    """What the template leaves to the deployment: the names of the emulated table, bucket and queue."""
    known = {name: value for name, value in stack.environment().items() if name.startswith("STRAND_")}
    file = STATE / "sam-environment.json"
    file.write_text(json.dumps({"Parameters": known}))
    return file


def invoke(stack, function, event):
    """The answer of a function to a saved event, and its log."""
    command = [
        sam_command(), "local", "invoke", function, "--template", BUILT_TEMPLATE, "--skip-pull-image",
        "--event", EVENTS / f"{event}.json", "--env-vars", settings_file(stack),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, env=sam_environment())
    try:
        return json.loads(done.stdout.strip().splitlines()[-1]), done.stderr
    except (ValueError, IndexError) as error:
        raise Failed(f"{function} on {event}: {done.stdout[-2000:]}\n{done.stderr[-4000:]}") from error


def invoke_all(stack):
    """Every function with its saved events, ordered so that each finds what it needs."""
    status = lambda answer: (answer.get("statusCode"), json.loads(answer.get("body") or "null"))  # noqa: E731

    def http(function, event, wanted):
        answer, said = invoke(stack, function, event)
        code, body = status(answer)
        if code != wanted:
            raise Failed(f"{function} on {event}: {answer}\n{said[-3000:]}")
        print(f"  sam local invoke {function:<16} {event:<14} {code}", flush=True)
        return body

    created = http("ColorsFunction", "colors-create", 201)
    http("ColorsFunction", "colors-create", 409)
    listed = http("ColorsFunction", "colors-list", 200)
    check([color["id"] for color in listed] == [created["id"]] == [1], f"created {created}, listed {listed}")
    page, said = invoke(stack, "ColorsFunction", "colors-page")
    check(page["statusCode"] == 200 and "<!doctype html>" in page["body"][:100].lower(), f"the page: {page}\n{said[-3000:]}")
    print("  sam local invoke ColorsFunction   colors-page    200", flush=True)
    matches = http("AnalyzeFunction", "analyze-photo", 200)["results"][0]
    check(matches["best_matches"][0]["color_id"] == 1, f"the photo does not match: {matches}")
    http("TrainFunction", "train-later", 400)
    job = http("TrainFunction", "train-all", 202)
    check(stack.messages(stack.queue) == 1, "POST /train sent no message to the queue")
    check(job["id"] == 1, f"the first job of a new library: {job}")
    answer, said = invoke(stack, "WorkerFunction", "worker-batch")
    failed = [item["itemIdentifier"] for item in answer.get("batchItemFailures", [])]
    poisoned = json.loads((EVENTS / "worker-batch.json").read_text())["Records"][1]["messageId"]
    check(failed == [poisoned], f"the worker answered {answer}\n{said[-3000:]}")
    print("  sam local invoke WorkerFunction   worker-batch   only the failing message is returned", flush=True)
    for function in ("ColorsFunction", "AnalyzeFunction", "TrainFunction", "WorkerFunction"):
        answer, said = invoke(stack, function, "not-http")
        wanted = "SQS" if function == "WorkerFunction" else "API Gateway"
        check(wanted in answer.get("errorMessage", ""), f"{function} on an event of another service: {answer}\n{said}")
        print(f"  sam local invoke {function:<16} not-http       an error that names the expected event", flush=True)


def check(holds, message):
    if not holds:
        raise Failed(message)


def containers():
    return set(docker("ps", "--all", "--quiet").split())


class Api:
    """`sam local start-api` with one warm container per function."""

    def __init__(self, stack):
        self.base = None
        self.command = [
            sam_command(), "local", "start-api", "--template", BUILT_TEMPLATE, "--skip-pull-image",
            "--warm-containers", "EAGER", "--host", "127.0.0.1", "--port", "0",
            "--env-vars", settings_file(stack),
        ]  # fmt: skip

    def __enter__(self):
        self.others = containers()
        with open(STATE / "start-api.log", "w") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, env=sam_environment(), start_new_session=True
            )
        deadline = time.monotonic() + 300
        while True:
            if self.is_healthy():
                return self
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise Failed(f"sam local start-api does not start:\n{self.log()}")
            time.sleep(0.5)

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for left in containers() - self.others:
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
