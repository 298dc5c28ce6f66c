"""The server's container with 512 MB and half a core: training on large photos during analyses."""

import json
import threading
import time
from pathlib import Path

import photos
from engine import Failed
from server import Server

LIMITS = ("--memory", "512m", "--memory-swap", "512m", "--cpus", "0.5")
PHOTOS = 50
BAR_MEGABYTES = 400
MEGABYTE = 1 << 20


def run():
    shots = [photos.large(index) for index in range(PHOTOS)]
    megabytes = sum(map(len, shots)) / PHOTOS / 1e6
    with Server(options=LIMITS) as server:
        others = [server.create_color(name) for name in ("Black", "Platinum")]
        for color, shade in zip(others, (photos.SHADES[1], photos.SHADES[2])):
            for number in (1, 2, 3):
                expect(server.upload(color, photos.demo(shade, number)), 201)
            expect(server.request("POST", f"/train/{color}"), 200)
        color = server.create_color("Chestnut")
        for shot in shots:
            expect(server.upload(color, shot), 201)

        ended, waits, wrong = threading.Event(), [], []

        def ask(index):
            """Analyzes other large photos until the training ends; none is in the cache."""
            number = PHOTOS + 100 * (index + 1)
            while not ended.is_set():
                shot, start = photos.large(number), time.monotonic()
                status, body = server.analyze(shot)
                if status != 200 or "best_matches" not in json.loads(body)["results"][0]:
                    wrong.append((status, body[:300]))
                waits.append(time.monotonic() - start)
                number += 1

        askers = [threading.Thread(target=ask, args=(index,)) for index in range(2)]
        for asker in askers:
            asker.start()
        start = time.monotonic()
        try:
            status, body = server.request("POST", f"/train/{color}", timeout=900)
        finally:
            ended.set()
            for asker in askers:
                asker.join()
        seconds = time.monotonic() - start
        expect((status, body), 200)
        trained = json.loads(body)["model"]["num_images"]
        peak, killed = peak_megabytes(server), server.state("OOMKilled")
        resident = server.get("/health")["memory"]["peak_bytes"] / MEGABYTE
        print(
            f"512 MB and half a core: trained on {trained} photos of 12 megapixels ({megabytes:.1f} MB each) in "
            f"{seconds:.0f} s while {len(waits)} analyses took {min(waits):.1f} to {max(waits):.1f} s; "
            f"peak memory {peak:.0f} MB with the page cache, {resident:.0f} MB resident",
            flush=True,
        )
        if wrong:
            raise Failed(f"{len(wrong)} analyses failed, for example {wrong[0]}")
        if trained != PHOTOS or not waits:
            raise Failed("the training skipped photos, or no analysis ran during it")
        if killed != "false" or server.state("Running") != "true":
            raise Failed("the container ran out of memory and was killed")
        if peak > BAR_MEGABYTES:
            raise Failed(f"peak memory is {peak:.0f} MB; the limit is {BAR_MEGABYTES} MB.")


def expect(answer, wanted):
    status, body = answer
    if status != wanted:
        raise Failed(f"{status} instead of {wanted}: {body[:300]}")


def peak_megabytes(server):
    """The peak memory of the container's cgroup, as the kernel counts it."""
    pid = server.state("Pid")
    groups = dict(
        line.split(":", 2)[1:] for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    )
    if "memory" in groups:  # cgroup v1
        file = Path(f"/sys/fs/cgroup/memory{groups['memory']}/memory.max_usage_in_bytes")
    else:
        file = Path(f"/sys/fs/cgroup{groups['']}/memory.peak")
    return int(file.read_text()) / MEGABYTE
