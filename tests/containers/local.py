"""The functions on this machine, by SAM: `make sam-local` serves them, and `make sam-invoke` invokes each with saved events.

    tests/containers/run sam-local      serves the API and the page on PORT (3000) until Ctrl-C
    tests/containers/run sam-invoke     meanwhile, in another terminal
"""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request

import images
import sam
from cloud import Cloud, Mapping
from engine import ROOT, Engine, Failed, base_images, gateway, run
from functions import Function

# Each function with its saved events, in an order in which each finds what it needs, and the statuses that are right: the
# first where the library is new.
EVENTS = [
    ("ColorsFunction", "colors-create", (201, 409)),
    ("ColorsFunction", "colors-create", (409,)),
    ("ColorsFunction", "colors-list", (200,)),
    ("ColorsFunction", "colors-page", (200,)),
    ("AnalyzeFunction", "analyze-photo", (200,)),
    ("AnalyzeFunction", "analyze-text", (200,)),
    ("TrainFunction", "train-later", (400, 202, 404)),
    ("TrainFunction", "train-all", (202,)),
]
# What a function says of an event that it does not take.
TAKES = {
    "ColorsFunction": "REST API",
    "AnalyzeFunction": "REST API",
    "TrainFunction": "REST API",
    "WorkerFunction": "SQS",
}
# So many characters of an answer are printed.
SHOWN = 1500


def serve():
    """Serves the functions until Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Engine():
        base_images()
        with Cloud(gateway()) as cloud:
            stack = cloud.stack(with_queue=True)
            print("Building the functions. The first time, this takes minutes.", flush=True)
            built = images.sam_build({"AWS_ENDPOINT_URL": cloud.url})
            with (
                Function("train", stack.environment(), "worker", built=built["train"]) as worker,
                Mapping(stack, lambda event: worker.invoke(event).json()),
                sam.Api(stack, int(os.environ.get("PORT", 3000)), built.values()) as api,
            ):
                print(f"The page is at {api.base}/, and the API below it. In another terminal: make sam-invoke", flush=True)
                api.process.wait()
                raise Failed(f"sam local start-api has ended:\n{api.log()}")


def invoke():
    """Invokes every function with its saved events, and prints each command and its answer."""
    if not sam.SETTINGS.exists():
        raise Failed("nothing is served; run make sam-local in another terminal first.")
    for function, event, wanted in EVENTS:
        answer = asked(function, event)
        if answer.get("statusCode") not in wanted:
            raise Failed(f"{function} answers {answer.get('statusCode')} to {event}; {wanted[0]} is right")
    answer = asked("WorkerFunction", "worker-batch")
    records = json.loads((sam.EVENTS / "worker-batch.json").read_text())["Records"]
    if [item["itemIdentifier"] for item in answer.get("batchItemFailures", [])] != [records[1]["messageId"]]:
        raise Failed("the worker has to give back the second message, which is no job, and no other")
    for function, taken in TAKES.items():
        if taken not in asked(function, "not-http").get("errorMessage", ""):
            raise Failed(f"{function} has to name what it takes, {taken}, where an event is of another kind")


def asked(function, event):
    """Invokes a function with a saved event; prints the command and the answer."""
    command = sam.invocation(function, event)
    print("\n$ " + " ".join(os.path.relpath(word, ROOT) if os.path.isabs(word) else word for word in command), flush=True)
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=images.sam_environment())
    try:
        answer = json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError) as error:
        raise Failed(f"no answer: {done.stdout[-2000:]}\n{done.stderr[-4000:]}") from error
    body = answer.get("body")
    said = json.dumps(answer) if body is None else f"{answer['statusCode']} {body}"
    print(said if len(said) <= SHOWN else f"{said[:SHOWN]}… ({len(said):,} characters)", flush=True)
    return answer


class Command:
    """`make sam-local` as people run it, on a free port, and `make sam-invoke` meanwhile."""

    def __enter__(self):
        command = ["make", "--no-print-directory", "sam-local"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {"PORT": "0"}, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        for line in self.process.stdout:
            print(f"  {line}", end="", flush=True)
            if found := re.search(r"The page is at (\S+)/,", line):
                self.base = found[1]
                return self
        self.__exit__()
        raise Failed("make sam-local ends before it serves")

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(180)

    def invoke(self):
        self.have_colors(0)
        run("make", "--no-print-directory", "sam-invoke", cwd=ROOT)
        self.have_colors(1)

    def have_colors(self, count):
        with urllib.request.urlopen(f"{self.base}/colors", timeout=60) as answer:
            found = json.load(answer)
        if len(found) != count:
            raise Failed(f"the library has {len(found)} colors instead of {count}: {found}")


if __name__ == "__main__":
    try:
        {"sam-local": serve, "sam-invoke": invoke}[sys.argv[1]]()
    except Failed as failure:
        sys.exit(f"{sys.argv[1]}: {failure}")
    except KeyboardInterrupt:
        print("\nEnded.")
