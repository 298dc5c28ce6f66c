"""The functions at Lambda's own interface: streamed answers, batches of the queue, and messages that keep failing."""

import json
import re
import time
import urllib.request

import photos
from cloud import TEMPLATE, Mapping
from engine import Failed
from functions import Function
from runtime_api import form, rest_event


def run(stack):
    environment = stack.environment()
    with Function("colors", environment) as colors, Function("train", environment) as train:
        color = shade(colors, "Streamed", 3)
        as_the_template_says(stack, colors, train)
        streams(train, color)
        larger_than_a_buffered_answer(colors, color)
        with Function("train", environment, "worker") as worker:
            queue(stack, colors, train, worker)


def call(function, method, path, body=b"", headers=None, wanted=200):
    status, _, said = function.invoke(rest_event(method, path, body, headers)).http()
    if status != wanted:
        raise Failed(f"{method} {path}: {status} {said[:300]}\n{function.log()}")
    return said


def shade(colors, name, count):
    body = json.dumps({"name": name}).encode()
    color = json.loads(call(colors, "POST", "/colors", body, {"content-type": "application/json"}, 201))["id"]
    for number in range(1, count + 1):
        add(colors, color, photos.demo(photos.SHADES[0], number))
    return color


def add(colors, color, photo):
    kind, body = form("image", [("a.jpg", photo)])
    return json.loads(call(colors, "POST", f"/colors/{color}/images", body, {"content-type": kind}, 201))


def as_the_template_says(stack, colors, train):
    """API Gateway rejects a buffered answer if it expects a streamed one, and the reverse."""
    with Function("analyze", stack.environment()) as analyze:
        running = {"ColorsFunction": colors, "AnalyzeFunction": analyze, "TrainFunction": train}
        for name, function in running.items():
            for event in TEMPLATE[name]["Properties"]["Events"].values():
                path = re.sub(r"{.+?}", "987654321", event["Properties"]["Path"])
                expected = event["Properties"].get("ResponseTransferMode") == "RESPONSE_STREAM"
                answer = function.invoke(rest_event("GET", path))
                if answer.streamed != expected or answer.http()[0] >= 500:
                    raise Failed(f"{name}: {path}: streamed is {answer.streamed}, and {expected} in the template")
    print("  each route is streamed or buffered as the template says", flush=True)


def streams(train, color):
    """Progress arrives during the training, in order, with each state in its own chunk."""
    answer = train.invoke(rest_event("GET", f"/train/{color}/stream"))
    status, _, body = answer.http()
    states = [json.loads(line[5:]) for line in body.decode().splitlines() if line.startswith("data:")]
    shares = [state["percentage"] for state in states]
    times = [at for at, piece in answer.pieces if b"data:" in piece]
    if status != 200 or not answer.streamed or states[-1]["status"] != "complete" or shares != sorted(shares):
        raise Failed(f"the stream of a training: {status} {states}\n{train.log()}")
    ahead = answer.finished - times[0]
    if len(times) < 3:
        raise Failed(f"progress came in {len(times)} pieces")
    print(f"  progress is streamed: {len(times)} pieces, the first {1000 * ahead:.0f} ms before the end", flush=True)


def larger_than_a_buffered_answer(colors, color):
    """A buffered answer is limited to 6 MB; photos may be larger."""
    photo = photos.large(1, quality=97)
    path = add_past_the_limit(colors, color, photo)
    served = call(colors, "GET", path)
    if served != photo or len(photo) < 6_000_000:
        raise Failed(f"a photo of {len(photo)} bytes came back with {len(served)} bytes")
    print(f"  a photo of {len(photo) / 1e6:.1f} MB arrives through /uploads and comes back complete", flush=True)


def add_past_the_limit(colors, color, photo):
    """Adds a photo through the bucket, because it is too large for an event."""
    wish = json.dumps({"filename": "large.jpg", "content_type": "image/jpeg", "size": len(photo)}).encode()
    place = json.loads(call(colors, "POST", "/uploads", wish, {"content-type": "application/json"}, 201))
    request = urllib.request.Request(place["url"], photo, place["headers"], method=place["method"])
    with urllib.request.urlopen(request) as answer:
        answer.read()
    named = json.dumps({"upload": place["key"]}).encode()
    added = call(colors, "POST", f"/colors/{color}/images", named, {"content-type": "application/json"}, 201)
    return json.loads(added)["image_path"]


def queue(stack, colors, train, worker):
    """A job through the queue, the same message twice, and a message that is not a job."""
    sqs = stack.cloud.client("sqs")
    later = shade(colors, "Later", 2)
    tries = []

    def invoke(event):
        tries.append(event["Records"][0]["body"])
        return worker.invoke(event).json()

    with Mapping(stack, invoke):
        job = json.loads(call(train, "POST", f"/train/{later}", headers={"prefer": "respond-async"}, wanted=202))
        wait(lambda: state(train, job) == "succeeded", "the job does not finish", worker)
        before = json.loads(call(colors, "GET", f"/colors/{later}"))["model"]
        # The queue may deliver a message twice; a finished job does not run again.
        sqs.send_message(QueueUrl=stack.queue, MessageBody=str(job["id"]))
        wait(lambda: stack.messages(stack.queue) == 0, "a message that arrived twice is not removed", worker)
        if json.loads(call(colors, "GET", f"/colors/{later}"))["model"] != before:
            raise Failed("a message that arrived twice trained twice")
        sqs.send_message(QueueUrl=stack.queue, MessageBody="poison")
        wait(lambda: stack.messages(stack.dead_letters) == 1, "a message that keeps failing is not dropped", worker)
    if worker.invoke({"tidy": True}).json() != {"batchItemFailures": []}:
        raise Failed(f"the worker does not clean up:\n{worker.log()}")
    allowed = TEMPLATE["Queue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"]
    if tries.count("poison") != allowed or stack.messages(stack.queue) != 0:
        raise Failed(f"the failing message was tried {tries.count('poison')} times instead of {allowed}")
    print(f"  a job runs once, even if its message comes twice; a failing message is dropped after {allowed} tries", flush=True)


def state(train, job):
    return json.loads(call(train, "GET", f"/jobs/{job['id']}"))["status"]


def wait(holds, otherwise, function, patience=60):
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            raise Failed(f"{otherwise}:\n{function.log()}")
        time.sleep(0.2)
