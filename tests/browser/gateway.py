"""The functions behind an emulated REST API at /v1, without containers: each runs as a process on an emulated Runtime API,
with S3 and DynamoDB emulated by moto. template.yaml says which function answers a path. Jobs go to the worker without a queue.
"""

import json
import os
import subprocess
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import yaml

from conftest import ROOT

sys.path.append(str(ROOT / "tests" / "containers"))
from routes import Loader, events, takes  # noqa: E402
from runtime_api import RuntimeApi, rest_event  # noqa: E402

# What API Gateway takes at most; larger requests do not reach a function.
MOST_BYTES = 10_000_000
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "eu-central-1"}


class Gateway:
    """The deployment, from its start to its end. `url` is the address of its page, `host` its host, and `bucket` the host to
    which photos go."""

    def __init__(self, directory):
        self.directory, self.processes, self.apis = directory, [], {}
        template = yaml.load((ROOT / "template.yaml").read_text(), Loader)
        self.events = events(template["Resources"])
        emulator = [ROOT / "tests" / "aws" / "run", "--only-emulator", "0", "127.0.0.1"]
        port = self.start(emulator, {}, stdout=subprocess.PIPE).stdout.readline().decode().strip()
        assert port, f"the emulator of AWS does not start: {self.log()}"
        self.bucket = f"127.0.0.1:{port}"
        self.environment = CREDENTIALS | {
            "AWS_ENDPOINT_URL": f"http://{self.bucket}",
            "STRAND_STORE": "aws",
            "STRAND_TABLE": "strand",
            "STRAND_BUCKET": "strand",
            "STRAND_MODELS_DIR": os.environ.get("STRAND_MODELS_DIR", str(ROOT / "models")),
        }
        target = ROOT / "target" / "debug"
        subprocess.run([target / "strand-server", "store", "create"], env=os.environ | self.environment, check=True, capture_output=True)
        for name, command in [("Colors", ["colors"]), ("Analyze", ["analyze"]), ("Train", ["train"]), ("Worker", ["train", "worker"])]:
            api = self.apis[f"{name}Function"] = RuntimeApi("127.0.0.1")
            program, *arguments = command
            environment = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.port}", **self.lambda_(name)}
            self.start([target / f"strand-{program}", *arguments], environment)
            assert api.ready.wait(60), f"{name} does not ask for an event: {self.log()}"
        self.serve()

    def lambda_(self, name):
        """What Lambda and the images set for a function."""
        return self.environment | {
            "AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH": "1",
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        }

    def start(self, command, environment, **options):
        with (self.directory / "functions.log").open("ab") as log:
            self.processes.append(subprocess.Popen(command, env=os.environ | environment, stderr=log, **options))
        return self.processes[-1]

    def log(self):
        return (self.directory / "functions.log").read_text()[-4000:]

    def serve(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}/v1/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def function(self, method, path):
        """The function that answers a path: that of the most specific event, as API Gateway chooses."""
        fitting = [event for event in self.events if takes(event[1], event[2], path, method.lower())]
        return self.apis[max(fitting, key=lambda event: (not event[1].endswith("+}"), len(event[1])))[0]]

    def work(self, job):
        """Gives a job to the worker, as the queue does."""
        message = {"messageId": "1", "receiptHandle": "1", "body": str(job), "eventSource": "aws:sqs", "awsRegion": "eu-central-1"}
        threading.Thread(target=self.apis["WorkerFunction"].invoke, args=[{"Records": [message]}], daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        for process in reversed(self.processes):
            process.kill()
            process.wait()
        for api in self.apis.values():
            api.close()


def handler(gateway):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def handle_one(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            address = urllib.parse.urlsplit(self.path)
            if not address.path.startswith("/v1/"):
                return self.refuse(403, "Missing Authentication Token")
            if len(body) > MOST_BYTES:
                return self.refuse(413, "Request Too Long")
            path, query = address.path.removeprefix("/v1"), dict(urllib.parse.parse_qsl(address.query))
            event = rest_event(self.command, path, body, dict(self.headers), query)
            status, headers, said = gateway.function(self.command, path).invoke(event).http()
            if status == 202:
                gateway.work(json.loads(said)["id"])
            self.answer(status, headers, said)

        def refuse(self, status, message):
            self.answer(status, {"content-type": "application/json"}, json.dumps({"message": message}).encode())

        def answer(self, status, headers, said):
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            if status not in (204, 304):
                self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_one

    return Handler
