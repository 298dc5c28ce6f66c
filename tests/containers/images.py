"""Building the images, by the Dockerfile and by `sam build`, and their sizes."""

import os
import subprocess
import sys
from pathlib import Path

from engine import ROOT, STATE, Failed, docker, run

SERVER = "strand-server:test"
FUNCTIONS = ("analyze", "colors", "train")
BUILT_TEMPLATE = STATE / "sam" / "template.yaml"
MEGABYTE = 1_000_000
# What the server's image may add to Debian; ONNX Runtime takes 35 of it.
SERVER_BAR = 60


def image(function):
    return f"strand-{function}:test"


def build():
    """The server's image and each function's; `sam build` makes them its own from the same layers."""
    # The builder that `sam build` uses, so that it finds these layers.
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
    run(Path(sys.executable).with_name("cfn-lint"), ROOT / "template.yaml")
    sam("validate", "--lint", "--template", "template.yaml")


def sam_build(environment):
    """`sam build`, then what the functions need to find the played cloud, on top of each image."""
    sam("build", "--template", "template.yaml", "--build-dir", STATE / "sam")
    for function in FUNCTIONS:
        built = next(
            line.split(":", 1)[1].strip()
            for line in BUILT_TEMPLATE.read_text().splitlines()
            if "ImageUri:" in line and line.strip().endswith(f":{function}")
        )
        settings = "".join(f"ENV {name}={value}\n" for name, value in environment.items())
        docker("build", "--tag", built, "-", input=f"FROM {image(function)}\n{settings}")


def size(name):
    return int(docker("image", "inspect", "--format", "{{.Size}}", name))


def report():
    base = size("debian:bookworm-slim")
    print(f"image sizes in MB, and what each adds to debian:bookworm-slim ({base / MEGABYTE:.0f}):")
    for name in [SERVER, *map(image, FUNCTIONS)]:
        print(f"  {name:<22}{size(name) / MEGABYTE:7.1f}{(size(name) - base) / MEGABYTE:7.1f}")
    added = (size(SERVER) - base) / MEGABYTE
    if added > SERVER_BAR:
        raise Failed(f"the server's image adds {added:.1f} MB to its base; the bar is {SERVER_BAR} MB.")
