"""The server's image as a running container."""

import json
import time
import urllib.error
import urllib.request
import uuid

from engine import Failed, docker, run
from images import SERVER
from runtime_api import form


class Server:
    """A container of the server: read-only root, no privileges, its library on a volume. It is removed at the end."""

    def __init__(self, environment=None, options=(), port=8000):
        self.name, self.port = f"strand-test-{uuid.uuid4().hex[:8]}", port
        environment = {"PORT": port} | (environment or {})
        settings = [word for name, value in environment.items() for word in ("--env", f"{name}={value}")]
        self.command = [
            "--name", self.name, "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
            "--volume", f"{self.name}:/data", "--publish", f"127.0.0.1::{port}", *options, *settings, SERVER,
        ]  # fmt: skip

    def __enter__(self):
        docker("run", "--detach", *self.command)
        try:
            self.find()
        except Failed:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        run("sh", "-c", f"docker rm --force --volumes {self.name}; docker volume rm --force {self.name}")

    def find(self, patience=30):
        """Waits until it answers; the port changes with each start."""
        deadline = time.monotonic() + patience
        while True:
            if self.state("Running") != "true" or time.monotonic() > deadline:
                raise Failed(f"the server's container is not healthy:\n{self.log()}")
            try:
                self.base = "http://" + docker("port", self.name, f"{self.port}/tcp").splitlines()[0]
                if self.get("/health")["status"] == "healthy":
                    return
            except (OSError, Failed, IndexError):
                pass
            time.sleep(0.02)

    def kill(self):
        """Ends it without a shutdown."""
        docker("kill", "--signal", "KILL", self.name)

    def start(self):
        docker("start", self.name)
        self.find()

    def state(self, field):
        return docker("inspect", "--format", "{{.State." + field + "}}", self.name)

    def log(self, lines=30):
        return run("sh", "-c", f"docker logs --tail {lines} {self.name} 2>&1")

    def request(self, method, path, body=None, headers=None, timeout=600):
        """Returns status and body."""
        request = urllib.request.Request(self.base + path, body, headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.read()

    def get(self, path):
        status, body = self.request("GET", path)
        if status != 200:
            raise Failed(f"GET {path}: {status} {body[:300]}")
        return json.loads(body)

    def create_color(self, name):
        body = json.dumps({"name": name}).encode()
        status, answer = self.request("POST", "/colors", body, {"content-type": "application/json"})
        if status != 201:
            raise Failed(f"creating {name}: {status} {answer[:300]}")
        return json.loads(answer)["id"]

    def upload(self, color, photo):
        return self.send_form(f"/colors/{color}/images", "image", photo)

    def analyze(self, photo):
        return self.send_form("/analyze", "images", photo)

    def send_form(self, path, field, photo):
        kind, body = form(field, [("photo.jpg", photo)])
        return self.request("POST", path, body, {"content-type": kind})
