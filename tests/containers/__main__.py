"""`make test-containers`: builds the images and tests the containers that run from them.

    python3 tests/containers [STEP ...]     only these steps; `list` prints their names
"""

import sys
import time

import crashes
import images
import load
import local
import protocols
import suite
from cloud import Cloud
from engine import Engine, Failed, base_images, docker, gateway
from server import Server


def main(wanted):
    if wanted == ["list"]:
        print("\n".join(f"{name:<10} {step.__doc__}" for name, step in STEPS.items()))
        return
    if unknown := [name for name in wanted if name not in STEPS]:
        raise Failed(f"no step is named {unknown[0]}; the steps are {', '.join(STEPS)}.")
    chosen = {name: STEPS[name] for name in wanted or STEPS}
    if {"embedded", "aws", "lambdas"} & chosen.keys():
        suite.build()
    images.check_template()
    with Engine():
        base_images()
        images.build()
        images.check_links()
        images.report()
        with Cloud(gateway()) as cloud:
            for name, step in chosen.items():
                print(f"== {name}: {step.__doc__}", flush=True)
                start = time.monotonic()
                step(cloud)
                print(f"== {name}: passed in {time.monotonic() - start:.0f} s", flush=True)
    print(f"\n{len(chosen)} passed, 0 failed")


def embedded(_cloud):
    """the acceptance suite on the single container with the embedded store"""
    with Server(port=10000) as server:
        suite.pass_on(server.base, "the container with the embedded store", threads=4)
        docker("exec", server.name, "/strand/strand-server", "healthcheck")
        if docker("exec", server.name, "id", "--user") == "0":
            raise Failed("the server's image runs as root")


def aws(cloud):
    """the acceptance suite on the single container with S3 and DynamoDB"""
    with Server(cloud.stack(with_queue=False).environment()) as server:
        suite.pass_on(server.base, "the container with S3 and DynamoDB", threads=4)


def lambdas(_cloud):
    """make sam-local and make sam-invoke, then the acceptance suite on the same functions"""
    with local.Command() as served:
        served.invoke()
        suite.pass_on(served.base, "the functions under sam local", threads=12, feature="functions")


def interface(cloud):
    """the functions at Lambda's own interface: streaming, batches, dead letters"""
    protocols.run(cloud.stack(with_queue=True))


def small(_cloud):
    """the container with 512 MB and half a core: training on large photos during analyses"""
    load.run()


def kill(cloud):
    """kill -9 during trainings, uploads, and deletions, on both stores"""
    crashes.run()
    crashes.run(cloud.stack(with_queue=False))


STEPS = {
    step.__name__: step for step in (embedded, aws, lambdas, interface, small, kill)
}

if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failed as failure:
        sys.exit(f"\ntest-containers: {failure}")
