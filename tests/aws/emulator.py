"""Moto's server, one request at a time: emulator.py HOST PORT. It prints its port, which it chooses where PORT is 0.

Moto keeps its tables in Python dictionaries and checks a condition in one step and writes in another; its own server
answers requests on many threads, so two conditional writes at once can both win. DynamoDB and S3 never let them.

And for each write of a transaction Moto copies the whole table, so as to undo it: with some hundred shades that takes
longer than a client waits. Here it copies the rows that the transaction names.
"""

import copy
import sys
from collections import defaultdict
from io import BytesIO
from threading import Lock

# Loaded now: at the first request it takes longer than that may.
import moto.dynamodb.urls
import moto.s3.urls
import moto.sqs.urls
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    # Connections are kept, as AWS keeps them.
    protocol_version = "HTTP/1.1"

    def log_request(self, code="-", size="-"):
        pass


# What the running transaction writes or checks: keys, or whole rows.
named = []
transact = DynamoDBBackend.transact_write_items


def transact_with_names(backend, transact_items):
    operations = [operation for item in transact_items for operation in item.values()]
    named[:] = [operation.get("Key") or operation.get("Item", {}) for operation in operations]
    return transact(backend, transact_items)


def copy_of_what_is_named(table, _memo):
    copied = copy.copy(table)
    copied.items = defaultdict(dict, {key: dict(rows) for key, rows in table.items.items()})
    for row in named:
        rows, key = copied.items.get(DynamoType(row[table.hash_key_attr]), {}), DynamoType(row[table.range_key_attr])
        if key in rows:
            rows[key] = copy.deepcopy(rows[key])
    return copied


DynamoDBBackend.transact_write_items = transact_with_names
Table.__deepcopy__ = copy_of_what_is_named

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
server = make_server(host, port, one_at_a_time, threaded=True, request_handler=Quiet)
print(server.server_port, flush=True)
server.serve_forever()
