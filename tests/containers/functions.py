"""A function's image as a running container, with an emulated Runtime API."""

import uuid

from engine import Failed, docker, gateway, run
from images import image
from runtime_api import RuntimeApi


class Function:
    """A container as Lambda runs it: unprivileged, read-only except for /tmp, one event at a time."""

    def __init__(self, name, environment, *command, memory=1769, options=(), built=None):
        self.api, self.name = RuntimeApi(), f"strand-function-{uuid.uuid4().hex[:8]}"
        settings = {
            "AWS_LAMBDA_RUNTIME_API": f"{gateway()}:{self.api.port}",
            "AWS_LAMBDA_FUNCTION_NAME": f"strand-{name}",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": memory,
        }
        words = [word for item in (settings | environment).items() for word in ("--env", "%s=%s" % item)]
        self.command = [
            "--name", self.name, "--user", "10001:10001", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL",
            *options, *words, built or image(name), *command,
        ]  # fmt: skip

    def __enter__(self):
        docker("run", "--detach", *self.command)
        if not self.api.ready.wait(60):
            said = self.log()
            self.__exit__()
            raise Failed(f"the function does not ask for an event:\n{said}")
        return self

    def __exit__(self, *_):
        docker("rm", "--force", self.name)
        self.api.close()

    def invoke(self, event):
        return self.api.invoke(event)

    def running(self):
        return self.state("Running") == "true"

    def state(self, field):
        return docker("inspect", "--format", "{{.State." + field + "}}", self.name)

    def log(self, lines=40):
        return run("sh", "-c", f"docker logs --tail {lines} {self.name} 2>&1")
