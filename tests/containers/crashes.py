"""kill -9 of the server's container in the middle of a training, an upload and a deletion: what was acknowledged stays,
what was not leaves nothing behind."""

import json
import threading
import time

import photos
from engine import Failed, docker
from server import Server

# How far into each operation the kill comes, in seconds.
MOMENTS = (0.02, 0.08, 0.2, 0.4)


def run(stack=None):
    """On the embedded store, or on that of a stack."""
    place = "S3 and DynamoDB" if stack else "the embedded store"
    with Server(environment=stack.environment() if stack else None) as server:
        for moment in MOMENTS:
            in_training(server, moment)
            in_upload(server, moment)
            in_deletion(server, moment)
        nothing_left_over(server, stack)
        log = server.log(400)
    for word in ("panicked", "corrupt"):
        if word in log:
            raise Failed(f"after the kills the log tells of \"{word}\":\n{log[-4000:]}")
    print(f"killed {3 * len(MOMENTS)} times on {place}: a clean state after each restart", flush=True)


def killed_during(server, moment, work):
    """Runs `work` beside the kill; its answer is None where the kill was quicker."""
    answers = []

    def attempt():
        try:
            answers.append(work())
        except OSError:
            pass

    worker = threading.Thread(target=attempt)
    worker.start()
    time.sleep(moment)
    server.kill()
    worker.join()
    server.start()
    consistent(server)
    return answers[0] if answers else None


def in_training(server, moment):
    color = filled(server, f"Training {moment}", 6)
    killed_during(server, moment, lambda: server.request("POST", f"/train/{color}"))
    status, body = server.request("POST", f"/train/{color}")
    # On the shared store, this waits until the claim of the killed process has lapsed.
    if status != 200 or json.loads(body)["model"]["num_images"] != 6:
        raise Failed(f"a shade whose training was killed does not train: {status} {body[:300]}")
    if server.get(f"/colors/{color}")["status"] != "ready":
        raise Failed(f"a trained shade is not ready: {server.get(f'/colors/{color}')}")
    matches = json.loads(server.analyze(photos.demo(photos.SHADES[0], 1))[1])["results"][0]["best_matches"]
    if color not in [match["color_id"] for match in matches] and len(matches) < 3:
        raise Failed(f"the trained shade {color} is not matched: {matches}")


def in_upload(server, moment):
    color = server.create_color(f"Upload {moment}")
    photo = photos.large(int(1000 * moment))
    answer = killed_during(server, moment, lambda: server.upload(color, photo))
    images = server.get(f"/colors/{color}/images")
    if answer is not None and answer[0] == 201 and len(images) != 1:
        raise Failed("an acknowledged photo is gone")
    status, body = server.upload(color, photo)
    if status != (200 if images else 201):
        raise Failed(f"the same photo again after the kill: {status} {body[:300]}, where {len(images)} was there")


def in_deletion(server, moment):
    name = f"Deletion {moment}"
    color = filled(server, name, 9)
    answer = killed_during(server, moment / 10, lambda: server.request("DELETE", f"/colors/{color}"))
    status, _ = server.request("GET", f"/colors/{color}")
    if answer is not None and answer[0] == 204 and status != 404:
        raise Failed("an acknowledged deletion is undone")
    if status == 200:
        status, body = server.request("DELETE", f"/colors/{color}")
        if status != 204:
            raise Failed(f"a deletion that was killed cannot be done again: {status} {body[:300]}")
    again = server.create_color(name)
    if again == color:
        raise Failed("the id of a deleted shade was given away again")


def filled(server, name, count):
    """A shade with photos."""
    color = server.create_color(name)
    for index in range(count):
        photo = photos.demo(photos.SHADES[index % len(photos.SHADES)], index // len(photos.SHADES) + 1)
        status, body = server.upload(color, photo)
        if status != 201:
            raise Failed(f"a photo of {name}: {status} {body[:300]}")
    return color


def consistent(server):
    """Every row has its photo, counts are right."""
    for color in server.get("/colors"):
        images = server.get(f"/colors/{color['id']}/images")
        if color["image_count"] != len(images):
            raise Failed(f"after a restart: {color} with {len(images)} images")
        for image in images:
            status, _ = server.request("GET", image["image_path"])
            if status != 200:
                raise Failed(f"a row without its photo: {image} ({status})")


def nothing_left_over(server, stack):
    """Every stored photo is listed, or known as garbage; a sweep may take a moment."""
    listed = {
        image["image_path"].removeprefix("/training_data/")
        for color in server.get("/colors")
        for image in server.get(f"/colors/{color['id']}/images")
    }
    deadline = time.monotonic() + 20
    while True:
        if stack:
            stored = {key.removeprefix("photos/") for key in stack.objects("photos/")}
            unknown = stored - listed - garbage(stack, stored)
        else:
            stored = docker("exec", server.name, "find", "/data", "-type", "f", "-name", "*.jpg").split()
            unknown = stored if len(stored) != len(listed) else []
        if not unknown:
            return
        if time.monotonic() > deadline:
            raise Failed(f"{len(listed)} photos are listed, and nothing knows of {sorted(unknown)}")
        time.sleep(0.5)


def garbage(stack, stored):
    """Those of the stored photos that the store has marked to be cleared away when nobody can need them any more."""
    rows = stack.rows("GARBAGE")
    objects = {row["garbage"].get("Object") for row in rows}
    colors = {str(row["garbage"]["Color"]["id"]) for row in rows if "Color" in row["garbage"]}
    return {key for key in stored if f"photos/{key}" in objects or key.split("/")[0] in colors}
