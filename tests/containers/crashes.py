"""kill -9 of the server's container during a training, an upload, and a deletion: acknowledged writes survive, and
unfinished ones leave nothing behind."""

import json
import threading
import time

import photos
from engine import Failed, docker
from server import Server

# Seconds from the start of each operation to the kill.
MOMENTS = (0.02, 0.08, 0.2, 0.4)


def run(stack=None):
    """With the embedded store, or with the store of a stack."""
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
            raise Failed(f"after the kills the log contains \"{word}\":\n{log[-4000:]}")
    print(f"killed {3 * len(MOMENTS)} times on {place}: a clean state after each restart", flush=True)


def killed_during(server, moment, work):
    """Kills the server while `work` runs; its answer is None where the kill was quicker."""
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
    # With the shared store, this waits until the claim of the killed process expires.
    if status != 200 or json.loads(body)["model"]["num_images"] != 6:
        raise Failed(f"a shade does not train after its training was killed: {status} {body[:300]}")
    if server.get(f"/colors/{color}")["status"] != "ready":
        raise Failed(f"a trained shade is not ready: {server.get(f'/colors/{color}')}")
    matches = json.loads(server.analyze(photos.demo(photos.SHADES[0], 1))[1])["results"][0]["best_matches"]
    if color not in [match["color_id"] for match in matches] and len(matches) < 3:
        raise Failed(f"no match has the trained shade {color}: {matches}")


def in_upload(server, moment):
    color = server.create_color(f"Upload {moment}")
    photo = photos.large(int(1000 * moment))
    answer = killed_during(server, moment, lambda: server.upload(color, photo))
    images = server.get(f"/colors/{color}/images")
    if answer is not None and answer[0] == 201 and len(images) != 1:
        raise Failed("an acknowledged photo was lost")
    status, body = server.upload(color, photo)
    if status != (200 if images else 201):
        raise Failed(f"the same photo again after the kill: {status} {body[:300]}; the shade had {len(images)} of it")


def in_deletion(server, moment):
    name = f"Deletion {moment}"
    color = filled(server, name, 9)
    answer = killed_during(server, moment / 10, lambda: server.request("DELETE", f"/colors/{color}"))
    status, _ = server.request("GET", f"/colors/{color}")
    if answer is not None and answer[0] == 204 and status != 404:
        raise Failed("an acknowledged deletion was undone")
    if status == 200:
        status, body = server.request("DELETE", f"/colors/{color}")
        if status != 204:
            raise Failed(f"a killed deletion cannot be repeated: {status} {body[:300]}")
    again = server.create_color(name)
    if again == color:
        raise Failed("a new shade has the id of a deleted one")


def filled(server, name, count):
    """A new shade with this many photos."""
    color = server.create_color(name)
    for index in range(count):
        photo = photos.demo(photos.SHADES[index % len(photos.SHADES)], index // len(photos.SHADES) + 1)
        status, body = server.upload(color, photo)
        if status != 201:
            raise Failed(f"a photo of {name}: {status} {body[:300]}")
    return color


def consistent(server):
    """Checks that every row has its photo and that the counts are right."""
    for color in server.get("/colors"):
        images = server.get(f"/colors/{color['id']}/images")
        if color["image_count"] != len(images):
            raise Failed(f"after a restart: {color} with {len(images)} images")
        for image in images:
            status, _ = server.request("GET", image["image_path"])
            if status != 200:
                raise Failed(f"a row has no photo: {image} ({status})")


def nothing_left_over(server, stack):
    """Checks that every stored photo is listed or marked as garbage; a sweep may take a moment."""
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
            raise Failed(f"{len(listed)} photos are listed; nothing refers to {sorted(unknown)}")
        time.sleep(0.5)


def garbage(stack, stored):
    """The stored photos that the store has marked for deletion."""
    rows = stack.rows("GARBAGE")
    objects = {row["garbage"].get("Object") for row in rows}
    colors = {str(row["garbage"]["Color"]["id"]) for row in rows if "Color" in row["garbage"]}
    return {key for key in stored if f"photos/{key}" in objects or key.split("/")[0] in colors}
