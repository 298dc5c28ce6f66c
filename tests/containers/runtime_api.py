"""An emulation of Lambda's Runtime API: hands events to a function and takes its answers, with the time of every piece.

Unlike the runtime interface emulator, it adds no process to the container, reports when the function first asked for an
event (when it is ready), and passes on streamed answers as they arrive.
"""

import base64
import json
import queue
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PREFIX = "/2018-06-01/runtime/"
# The end of the head of a streamed HTTP answer.
PRELUDE_END = b"\0" * 8


@dataclass
class Answer:
    """The answer of a function to one event."""

    kind: str = ""  # response, error or init/error
    headers: dict = field(default_factory=dict)
    pieces: list = field(default_factory=list)  # (time, by the clock that containers share; bytes)
    done: threading.Event = field(default_factory=threading.Event)
    finished: float = 0.0

    @property
    def bytes(self):
        return b"".join(piece for _, piece in self.pieces)

    @property
    def streamed(self):
        return self.headers.get("lambda-runtime-function-response-mode") == "streaming"

    def json(self):
        return json.loads(self.bytes)

    def http(self):
        """Status, headers, and body of an answer for API Gateway."""
        if self.kind != "response":
            raise AssertionError(f"the function answered with an error: {self.bytes[:500]}")
        if self.streamed:
            head, body = self.bytes.split(PRELUDE_END, 1)
            head = json.loads(head)
            return head["statusCode"], headers_of(head), body
        answer = self.json()
        body = answer.get("body") or ""
        body = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
        return answer["statusCode"], headers_of(answer), body


def headers_of(answer):
    """The headers of an answer, each with its last value."""
    return answer.get("headers", {}) | {name: values[-1] for name, values in answer.get("multiValueHeaders", {}).items()}


class RuntimeApi:
    """The Runtime API of one function, on its own port."""

    def __init__(self, host="0.0.0.0", seconds=900):
        self.waiting, self.answers, self.seconds = queue.Queue(), {}, seconds
        self.ready, self.ready_at = threading.Event(), None
        self.failed = Answer()
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def do_GET(self):
                if not api.ready.is_set():
                    api.ready_at = time.time()
                    api.ready.set()
                request, event = api.waiting.get()
                if request is None:
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", request)
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + api.seconds) * 1000)))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:1:function:strand")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(event)))
                self.end_headers()
                self.wfile.write(event)

            def do_POST(self):
                path = self.path.removeprefix(PREFIX).split("/")
                answer = api.answers.get(path[1], api.failed) if path[0] == "invocation" else api.failed
                answer.kind = path[-1] if path[0] == "invocation" else "/".join(path)
                answer.headers = {name.lower(): value for name, value in self.headers.items()}
                for piece in self.pieces():
                    answer.pieces.append((time.time(), piece))
                answer.finished = time.time()
                answer.done.set()
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def pieces(self):
                if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                    yield self.rfile.read(int(self.headers.get("Content-Length", 0)))
                    return
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    yield self.rfile.read(size)
                    self.rfile.readline()
                while self.rfile.readline().strip():
                    pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """A killed function breaks its connection; that is not an error."""

        self.server = Server((host, 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def send(self, event):
        """Queues an event; its answer fills as chunks arrive."""
        request, answer = str(uuid.uuid4()), Answer()
        self.answers[request] = answer
        self.waiting.put((request, json.dumps(event).encode()))
        return answer

    def invoke(self, event, timeout=120):
        answer = self.send(event)
        if not answer.done.wait(timeout):
            raise AssertionError(f"no answer within {timeout} s")
        return answer

    def close(self):
        self.waiting.put((None, None))
        self.server.shutdown()
        self.server.server_close()


def rest_event(method, path, body=b"", headers=None, query=None):
    """An event as a REST API sends it if every media type is binary."""
    headers, query = headers or {}, query or {}
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()},
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "strand",
            "stage": "v1",
            "requestId": str(uuid.uuid4()),
            "identity": {"sourceIp": "127.0.0.1"},
            "resourcePath": path,
            "httpMethod": method,
            "path": f"/v1{path}",
            "protocol": "HTTP/1.1",
        },
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }


def form(field_name, files):
    """A multipart form of (filename, bytes): its content type and body."""
    boundary = uuid.uuid4().hex
    parts = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field_name}"; filename="{name}"\r\n'
        f"Content-Type: application/octet-stream\r\n\r\n".encode() + bytes_ + b"\r\n"
        for name, bytes_ in files
    )
    return f"multipart/form-data; boundary={boundary}", parts + f"--{boundary}--\r\n".encode()
