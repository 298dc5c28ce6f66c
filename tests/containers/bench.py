"""`make bench-containers`: the time, memory, and money that each function takes at the memory sizes of Lambda.

The images run with the memory of each size and the share of a core that Lambda gives it; runtime_api.py emulates the
Runtime API, and moto emulates S3 and DynamoDB. Their own time is part of the figures. Lambda starts a function at a full core
whatever its size; here the start has the share too, so the starts at small sizes are the worst case.
"""

import json
import math
import platform
import statistics
import sys
import time
from dataclasses import dataclass

import photos
from cloud import Cloud
from engine import Engine, Failed, base_images, gateway
from functions import Function
from images import FUNCTIONS, MEGABYTE, build, image, report, size
from load import peak_megabytes
from protocols import call, shade
from runtime_api import form, rest_event

SIZES = (128, 256, 512, 1024, 1769)
CORE = 1769
STARTS = 3
WARM = {"analyze": 12, "colors": 12, "train": 4}
# Dollars in us-east-1: a GB-second on x86_64 and on arm64, and a request (aws.amazon.com/lambda/pricing).
X86_64, ARM64, REQUEST = 0.0000166667, 0.0000133334, 0.20 / 1e6


@dataclass
class Row:
    """A function at a memory size; in seconds and bytes."""

    function: str
    memory: int
    ready: float = math.nan
    first: float = math.nan
    warm: float = math.nan
    slow: float = math.nan
    resident: float = math.nan
    peak: float = math.nan
    too_small: bool = False

    def dollars(self, price):
        """The price of a thousand warm calls; Lambda bills whole milliseconds."""
        seconds = math.ceil(1000 * self.warm) / 1000
        return 1000 * (seconds * self.memory / 1024 * price + REQUEST)


def main():
    with Engine():
        base_images()
        build()
        report()
        with Cloud(gateway()) as cloud:
            stack = cloud.stack(with_queue=True)
            events = Events(stack)
            rows = [measure(stack, events, function, memory) for function in FUNCTIONS for memory in SIZES]
        tell(rows)
    check(rows)


class Events:
    """Calls that no cache answers: each photo is new, and each shade is untrained."""

    def __init__(self, stack):
        with Function("colors", stack.environment()) as colors:
            # Two of them are trained first, because a model needs other shades to tell apart.
            count = len(SIZES) * (STARTS + WARM["train"]) + 2
            self.shades = [shade(colors, f"Shade {number}", 3) for number in range(count)]
        with Function("train", stack.environment()) as train:
            for color in [self.shades.pop() for _ in range(2)]:
                call(train, "POST", f"/train/{color}")
        self.photos = 0

    def next(self, function):
        if function == "colors":
            return rest_event("GET", "/colors", query={"limit": "20"})
        if function == "train":
            return rest_event("POST", f"/train/{self.shades.pop()}")
        self.photos += 1
        # Decoders ignore bytes after the end of a JPEG; the cache does not.
        photo = photos.demo(photos.SHADES[self.photos % 4], self.photos % 3 + 1) + self.photos.to_bytes(4, "big")
        kind, body = form("images", [("photo.jpg", photo)])
        return rest_event("POST", "/analyze", body, {"content-type": kind})


def measure(stack, events, function, memory):
    row = Row(function, memory)
    limits = ("--memory", f"{memory}m", "--memory-swap", f"{memory}m", "--cpus", f"{memory / CORE:.3f}")
    # The shell prints the time at which the process of the function starts, then becomes that process.
    start = ("-c", f"date +%s.%N; exec /strand/strand-{function}")
    starts = []
    try:
        for last in [False] * (STARTS - 1) + [True]:
            box = Function(
                function, stack.environment(), *start, memory=memory, options=("--entrypoint", "sh", *limits)
            )
            answer = box.api.send(events.next(function))
            with box:
                finish(box, answer)
                started = float(box.log(1000).splitlines()[0])
                starts.append((box.api.ready_at - started, answer.finished - started))
                if last:
                    warm(row, box, events)
    except Failed:
        row.too_small = True
        print(f"  {function} at {memory} MB: too small", flush=True)
        return row
    row.ready, row.first = (statistics.median(column) for column in zip(*starts))
    print(f"  {function} at {memory} MB: ready in {1000 * row.ready:.0f} ms, warm {1000 * row.warm:.0f} ms", flush=True)
    return row


def finish(box, answer):
    """Waits for an answer; a function that was killed never sends one."""
    deadline = time.monotonic() + 60
    while not answer.done.wait(1):
        if not box.running() or time.monotonic() > deadline:
            raise Failed("the function was killed, or took more than a minute")
    status, _, body = answer.http()
    if status != 200:
        raise AssertionError(f"{status} {body[:500]}\n{box.log()}")


def warm(row, box, events):
    seconds = []
    for _ in range(WARM[row.function]):
        event = events.next(row.function)
        start = time.time()
        answer = box.api.send(event)
        finish(box, answer)
        seconds.append(answer.finished - start)
    row.warm, row.slow = statistics.median(seconds), max(seconds)
    row.resident = json.loads(call(box, "GET", "/health"))["memory"]["resident_bytes"]
    row.peak = peak_megabytes(box) * (1 << 20)


def tell(rows):
    """Prints the table of figures for the docs."""
    print(f"\nOn {cpu()}, with S3 and DynamoDB emulated by moto.\n")
    print("| function (image) | memory | ready | first answer | warm | slowest | resident | peak | 1,000 calls x86-64 | arm64 |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        name = f"{row.function} ({size(image(row.function)) / MEGABYTE:.0f} MB)"
        if row.too_small:
            print(f"| {name} | {row.memory} MB | too small | | | | | | | |")
            continue
        times = " | ".join(f"{1000 * value:,.0f} ms" for value in (row.ready, row.first, row.warm, row.slow))
        sizes = " | ".join(f"{value / (1 << 20):.0f} MB" for value in (row.resident, row.peak))
        money = " | ".join(f"${row.dollars(price):.4f}" for price in (X86_64, ARM64))
        print(f"| {name} | {row.memory} MB | {times} | {sizes} | {money} |")


def cpu():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.processor()


def check(rows):
    """Fails if a figure exceeds its limit."""
    at_a_core = {row.function: row for row in rows if row.memory == CORE}
    for function, bar in (("analyze", 0.5), ("colors", 0.05)):
        ready = at_a_core[function].ready
        if not ready <= bar:
            raise Failed(f"{function} is ready after {1000 * ready:.0f} ms at a full core; the limit is {1000 * bar:.0f} ms.")
    resident = max(row.resident for row in rows if row.function == "colors" and not row.too_small)
    if resident > 40 * (1 << 20):
        raise Failed(f"colors takes {resident / (1 << 20):.0f} MB; the limit is 40 MB.")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"\nbench-containers: {failure}")
