"""Builds the images by the Dockerfile and by `sam build`, and checks them."""

import os
import subprocess
import sys
from pathlib import Path

import routes
from engine import ROOT, STATE, Failed, docker, run

SERVER = "strand-server:test"
FUNCTIONS = ("analyze", "colors", "train")
BUILT_TEMPLATE = STATE / "sam" / "template.yaml"
MEGABYTE = 1_000_000
# The megabytes that the server's image may add to Debian; ONNX Runtime takes 35 of them.
SERVER_BAR = 75


def image(function):
    return f"strand-{function}:test"


def program(name):
    """The path of the program in an image."""
    return f"/strand/{name.removesuffix(':test')}"


def build():
    """Builds the image of the server and of each function; `sam build` builds its own from the same layers."""
    # The builder of `sam build`, so that it reuses these layers.
    environment = os.environ | {"DOCKER_BUILDKIT": "0"}
    for target, tag in [("server", SERVER), *((name, image(name)) for name in FUNCTIONS)]:
        print(f"building {tag}", flush=True)
        command = ["docker", "build", "--target", target, "--tag", tag, "."]
        with open(STATE / f"build-{target}.log", "w") as log:
            if subprocess.run(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT).returncode != 0:
                tail = Path(log.name).read_text()[-4000:]
                raise Failed(f"docker build --target {target} failed:\n{tail}")


def sam(*arguments):
    return run(sam_command(), *arguments, cwd=ROOT, env=sam_environment())


def sam_command():
    return Path(sys.executable).with_name("sam")


def sam_environment():
    credentials = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    return os.environ | credentials | {"AWS_DEFAULT_REGION": "us-east-1", "SAM_CLI_TELEMETRY": "0"}


def check_template():
    routes.main()
    run(Path(sys.executable).with_name("cfn-lint"), ROOT / "template.yaml")
    sam("validate", "--lint", "--template", "template.yaml")


def sam_build(environment):
    """`sam build`, then adds the environment that leads to the emulated cloud to each image. Returns the images by function."""
    sam("build", "--template", "template.yaml", "--build-dir", STATE / "sam")
    lines = BUILT_TEMPLATE.read_text().splitlines()
    uris = [line.split(":", 1)[1].strip() for line in lines if line.strip().startswith("ImageUri:")]
    settings = "".join(f"ENV {name}={value}\n" for name, value in environment.items())
    built = {function: next(uri for uri in uris if uri.endswith(f":{function}")) for function in FUNCTIONS}
    for uri in built.values():
        docker("build", "--tag", uri, "-", input=f"FROM {uri}\n{settings}")
    return built


def check_links():
    """The embedded store belongs to the server: SQLite marks its files with words that no function may contain."""
    for name, wanted in [(SERVER, True), *((image(function), False) for function in FUNCTIONS)]:
        search = f"grep --quiet --text 'SQLite format 3' {program(name)} && echo found || echo missing"
        found = docker("run", "--rm", "--entrypoint", "sh", name, "-c", search) == "found"
        if found != wanted:
            raise Failed(f"{program(name)} {'links' if found else 'does not link'} SQLite")


def size(name):
    return int(docker("image", "inspect", "--format", "{{.Size}}", name))


def report():
    base = size("debian:bookworm-slim")
    print(f"sizes in MB: image, what it adds to debian:bookworm-slim ({base / MEGABYTE:.0f}), program")
    for name in [SERVER, *map(image, FUNCTIONS)]:
        alone = int(docker("run", "--rm", "--entrypoint", "stat", name, "--format", "%s", program(name)))
        columns = (size(name), size(name) - base, alone)
        print(f"  {name:<22}" + "".join(f"{bytes_ / MEGABYTE:7.1f}" for bytes_ in columns))
    added = (size(SERVER) - base) / MEGABYTE
    if added > SERVER_BAR:
        raise Failed(f"the server's image adds {added:.1f} MB to its base; the limit is {SERVER_BAR} MB.")
