"""Moto's server, one request at a time.

Moto keeps its tables in Python dictionaries and checks a condition in one step and writes in another; its own server
answers requests on many threads, so two conditional writes at once can both win. DynamoDB and S3 never let them.
"""

import sys
from io import BytesIO
from threading import Lock

# Loaded now: at the first request it takes longer than that may.
import moto.dynamodb.urls
import moto.s3.urls
import moto.sqs.urls
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    # Connections are kept, as AWS keeps them.
    protocol_version = "HTTP/1.1"

    def log_request(self, code="-", size="-"):
        pass


application = DomainDispatcherApplication(create_backend_app)
turn = Lock()


def one_at_a_time(environ, start_response):
    # The body is read before the turn comes: a slow sender keeps nobody waiting.
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length:
        environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(length))
    with turn:
        return list(application(environ, start_response))


host, port = sys.argv[1], int(sys.argv[2])
make_server(host, port, one_at_a_time, threaded=True, request_handler=Quiet).serve_forever()
